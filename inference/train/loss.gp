# SPDX-License-Identifier: MIT
# How a training went: gnuplot -e "log='reasoner.tsv'; out='reasoner.svg'" loss.gp
set terminal svg size 860,560 fixed standalone noenhanced font 'sans-serif,12' background '#ffffff'
set output out
set datafile separator "\t"
set datafile commentschars '#'
set key outside right top Left reverse samplen 2 width -2
set border 3 linecolor rgb '#2b323a'
set tics nomirror
set grid ytics linecolor rgb '#d9dee4'
set lmargin 11
set rmargin 30
set multiplot layout 2,1
set logscale y
set ylabel 'loss a token' offset 1
set format x ''
plot log using 1:5 with lines linewidth 2 linecolor rgb '#5b6570' title 'training', \
     log using 1:7 with lines linecolor rgb '#0072b2' title 'held out, level 1', \
     log using 1:8 with lines linecolor rgb '#c94f00' title 'held out, level 2', \
     log using 1:9 with lines linecolor rgb '#007d58' title 'held out, level 3', \
     log using 1:10 with lines linecolor rgb '#a8438f' title 'held out, level 4'
unset logscale y
set format x '%.0f'
set yrange [0:1]
set ylabel 'exact answers'
set xlabel 'steps'
plot log using 1:11 with lines linecolor rgb '#0072b2' title 'level 1', \
     log using 1:12 with lines linecolor rgb '#c94f00' title 'level 2', \
     log using 1:13 with lines linecolor rgb '#007d58' title 'level 3', \
     log using 1:14 with lines linecolor rgb '#a8438f' title 'level 4: the very one'
unset multiplot
