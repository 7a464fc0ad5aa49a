# fleet.csv, made by `make fleet`, as a picture: above what the server hears
# each second, below how many clients are bound.
set datafile separator ","
stats "fleet.csv" using 7 skip 1 name "bound" nooutput
clients = bound_max
down_from = 20
down_to = 40

set terminal svg size 900,560 font "sans-serif,13" background "#ffffff"
set output "fleet.svg"
set border 3 linewidth 0.8
set tics nomirror out scale 0.5
set grid ytics linetype 1 linecolor "#cccccc" linewidth 0.5
set xrange [-0.5:60]
set xtics 5
set lmargin 10
set rmargin 3
set style fill solid 0.35 noborder
set object 1 rectangle from down_from, graph 0 to down_to, graph 1 \
    behind fillcolor "#eeeeee" fillstyle solid 1 noborder
set multiplot layout 2,1

set title sprintf("%d clients after a power cut, leases of ten minutes", \
    clients)
set format x ""
set yrange [0:]
set ylabel "thousand messages a second"
set format y "%g"
set key inside right top samplen 2 spacing 1.1
set bmargin 1
set tmargin 3
plot "fleet.csv" using ($1 / 60.):($2 / 1000.) skip 1 with lines linewidth 1.2 \
        linecolor "#d55e00" title "DISCOVER", \
     "" using ($1 / 60.):($3 / 1000.) skip 1 with lines linewidth 1.2 \
        linecolor "#0072b2" title "REQUEST, selecting", \
     "" using ($1 / 60.):($4 / 1000.) skip 1 with lines linewidth 1.2 \
        linecolor "#009e73" title "renewing", \
     "" using ($1 / 60.):($5 / 1000.) skip 1 with lines linewidth 1.2 \
        linecolor "#cc79a7" title "rebinding"

unset title
unset key
set label "server down" at (down_from + 3 * down_to) / 4., 50 center
set format x "%g"
set xlabel "minutes"
set yrange [0:105]
set ytics 25
set format y "%g %%"
set ylabel "clients bound"
set bmargin 4
set tmargin 1
plot "fleet.csv" using ($1 / 60.):(100. * $7 / clients) skip 1 \
        with filledcurves y1=0 linecolor "#56b4e9", \
     "" using ($1 / 60.):(100. * $7 / clients) skip 1 \
        with lines linewidth 1.2 linecolor "#0072b2"
unset multiplot
