# fleet.csv, made by `make fleet`, as a picture.
set datafile separator ","
set terminal svg size 900,420
set output "fleet.svg"
set key top center
set xlabel "seconds after the power came back; server down from 1200 to 2400"
set ylabel "messages a second at the server"
set y2label "clients bound"
set y2tics
set ytics nomirror
plot "fleet.csv" using 1:2 skip 1 with lines title "DISCOVER", \
     "" using 1:($3+$4+$5) skip 1 with lines title "REQUEST", \
     "" using 1:7 skip 1 axes x1y2 with lines title "bound"
