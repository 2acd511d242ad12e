# SPDX-License-Identifier: MIT
# Where a speedup comes from, step by step, in one theme. report/site_study.c sets what is not set here:
#   file theme width height y_low y_high n_bars n_steps              a logarithmic axis: equal factors are equally high
#   low<i> high<i> total<i> name<i> text<i>                          total: 1 for a bar from the ground; those up to n_steps are the steps
# Text is in single quotes throughout: in double quotes gnuplot executes backticks.
reset
dark = theme eq 'dark'
paper = dark ? '#161b22' : '#ffffff'
ink = dark ? '#d5dce4' : '#2b323a'
faint = dark ? '#3a434e' : '#d9dee4'
up = dark ? '#35c79b' : '#007d58'
down = dark ? '#ff8078' : '#9b2226'
whole = dark ? '#56b4e9' : '#0072b2'

set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8
set border 3 linecolor rgb faint
set logscale y
set xrange [0.4:n_bars + 0.6]
set yrange [y_low:y_high]
set xtics ('' 0) nomirror scale 0 textcolor rgb ink
set ytics nomirror scale 0 textcolor rgb ink format '%g'
set grid ytics linetype 1 linewidth 0.7 linecolor rgb faint
set ylabel 'speed, nothing on = 1 (×)' textcolor rgb ink noenhanced
unset key
do for [i = 1:n_bars] {
    lower = value(sprintf('low%d', i))
    upper = value(sprintf('high%d', i))
    grows = upper >= lower
    set xtics add (value(sprintf('name%d', i)) i)
    set object i rectangle from first i - 0.36, first (grows ? lower : upper) to first i + 0.36, first (grows ? upper : lower) front fillcolor rgb (value(sprintf('total%d', i)) ? whole : grows ? up : down) fillstyle solid noborder
    set label i value(sprintf('text%d', i)) at first i, first (grows ? upper : lower) center offset 0,0.6 textcolor rgb ink font ',10.5' front noenhanced
    if (i < n_steps) { set arrow i from first i + 0.36, first upper to first i + 0.64, first upper nohead linecolor rgb ink linewidth 0.8 dashtype (3,3) }
}
plot y_low with lines linewidth 0.5 linecolor rgb faint notitle
set output
