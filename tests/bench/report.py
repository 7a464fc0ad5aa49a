"""Results as tables (Markdown) and pictures (gnuplot, if it is there)."""

import shutil
import statistics
import subprocess


def milliseconds(sample):
    """Median and range, in ms."""
    known = [1000 * value for value in sample if value is not None]
    if not known:
        return "-"
    return (f"{statistics.median(known):.1f} ({min(known):.1f} to "
            f"{max(known):.1f})")


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |",
             "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |"
                              for row in rows]) + "\n"


PLOT = """set terminal svg size 900,{height} font 'sans,13'
set output '{name}.svg'
set title '{title}'
set style fill solid 0.7
set boxwidth 0.7
set logscale x
set xlabel 'ms, median of {runs}; the line from the fastest to the slowest'
set yrange [-0.6:{top}]
set grid x
set key off
$data << END
{data}
END
plot $data using 2:0:(0.001):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror \\
    lc rgb '#4477aa', $data using 2:0:3:4 with xerrorbars lc rgb 'black' pt 0
"""


def plot(folder, name, title, samples):
    """Bars of medians, in a logarithmic scale; {label: [seconds]}."""
    if shutil.which("gnuplot") is None:
        return
    rows = []
    for label, sample in reversed(samples.items()):
        known = sorted(1000 * value for value in sample if value is not None)
        if known:
            rows.append(f'"{label}" {statistics.median(known):.3f} '
                        f"{known[0]:.3f} {known[-1]:.3f}")
    script = PLOT.format(
        name=name, title=title, data="\n".join(rows), top=len(rows) - 0.4,
        height=120 + 40 * len(rows),
        runs=max(map(len, samples.values())))
    (folder / f"{name}.gnuplot").write_text(script)
    subprocess.run(["gnuplot", f"{name}.gnuplot"], cwd=folder, check=True)
