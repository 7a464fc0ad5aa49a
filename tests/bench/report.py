"""Results as tables (Markdown) and pictures (gnuplot, if it is there)."""

import math
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


def median_ms(sample):
    return milliseconds(sample).split(" ")[0]


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |",
             "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |"
                              for row in rows]) + "\n"


BARS = """set terminal svg size 900,{height} font 'sans,13'
set output '{name}.svg'
set title '{title}'
set style fill solid 0.7
set boxwidth 0.7
set logscale x
set xrange [{left}:*]
set xlabel '{unit}'
set yrange [-0.6:{top}]
set grid x
set key off
$data << END
{data}
END
plot $data using 2:0:({left}):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror \\
    lc rgb '#4477aa', $data using 2:0:3:4 with xerrorbars \\
    lc rgb 'black' pt 0
"""

LINES = """set terminal svg size 900,560 font 'sans,13'
set output '{name}.svg'
set title '{title}'
set logscale xy
set xlabel 'interfaces'
set ylabel '{unit}'
set xtics ({tics})
set grid
set key left top
{data}
plot {curves}
"""


def draw(folder, name, script):
    if shutil.which("gnuplot") is None:
        return
    (folder / f"{name}.gnuplot").write_text(script)
    subprocess.run(["gnuplot", f"{name}.gnuplot"], cwd=folder, check=True)


def bars(folder, name, title, rows, unit):
    """In a logarithmic scale, from above: {label: (end of the bar, from, to)},
    the latter two the line."""
    data = "\n".join(f'"{label}" {end:.3f} {first:.3f} {last:.3f}'
                     for label, (end, first, last) in reversed(rows.items()))
    if not data:
        return
    least = min(first for _, first, _ in rows.values())
    draw(folder, name, BARS.format(
        name=name, title=title, data=data, unit=unit, top=len(rows) - 0.4,
        height=120 + 40 * len(rows),
        left=10 ** math.floor(math.log10(least / 1.5))))


def plot_times(folder, name, title, samples):
    """Bars of medians; {label: [seconds]}."""
    rows = {}
    for label, sample in samples.items():
        known = [1000 * value for value in sample if value is not None]
        if known:
            rows[label] = (statistics.median(known), min(known), max(known))
    runs = max(map(len, samples.values()), default=0)
    bars(folder, name, title, rows, unit=f"ms, median of {runs}; the line "
         "from the fastest to the slowest")


def plot_memory(folder, sizes):
    """{label: (PSS, dirty)} in kB."""
    bars(folder, "memory", "Memory of all processes, bound and idle", {
        label: (pss, dirty, pss) for label, (pss, dirty) in sizes.items()},
         unit="kB, PSS; the line begins at what of it is dirty")


def plot_many(folder, name, title, unit, series):
    """{label: {interfaces: value}}."""
    if not series:
        return
    data = "\n".join(f"$d{n} << END\n" + "\n".join(
        f"{count} {value:.4f}" for count, value in points.items()) + "\nEND"
        for n, points in enumerate(series.values()))
    counts = sorted({count for points in series.values() for count in points})
    draw(folder, name, LINES.format(
        name=name, title=title, unit=unit, data=data,
        tics=", ".join(map(str, counts)), curves=", ".join(
            f"$d{n} using 1:2 with linespoints lw 2 pt 7 title '{label}'"
            for n, label in enumerate(series))))
