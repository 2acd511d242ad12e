# SPDX-License-Identifier: MIT
# One trend plot in one theme. report/site_plot.c sets what is not set here, then repeats this text for every plot:
#   file theme width height label log y_low y_high n_runs marks      the axes (log, marks: 0 or 1)
#   margin                                                           lines at 0 and at +- margin; 0: none
#   n_tics tic_x<i> tic_top<i> tic_bottom<i>                         labels under the x axis
#   n_lines name<i> style<i> band<i> $line<i> $band<i> $lone<i> $beyond<i>
#                                                                    a variant each (band 0: none, 1: area, 2: whiskers)
#   rule_room                                                        0 or 1: keep room for words over the frame
#   n_rules rule<i> rule_text<i> rule_text_x<i>                      upright, where the host changed
#   n_steps step<i> step_style<i> step_dash<i>                       upright, where a level changed
#   n_targets target<i> target_text<i> target_style<i> target_below<i> target_aside<i> (a part of the width)
# Text is in single quotes throughout: in double quotes gnuplot executes backticks.
reset
dark = theme eq 'dark'

# Eight colours that stay apart for colour-blind readers (after Okabe & Ito), each at 3:1 or better on its background;
# the reference, style 0, is the grey one. Marks and, beyond eight, dashes say the same as the colours.
palette_light = '#5b6570 #0072b2 #c94f00 #007d58 #a8438f #806000 #5a3fc0 #9b2226'
palette_dark = '#a3adb8 #56b4e9 #f28e46 #35c79b #e393c8 #e3c94b #a99cff #ff8078'
colour(i) = i < 0 ? ink : word(dark ? palette_dark : palette_light, int(i) % 8 + 1)
mark(i) = int(word('13 7 9 5 11 15 6 4', int(i) % 8 + 1))
dash(i) = int(i) / 8 % 4 + 1
paper = dark ? '#161b22' : '#ffffff'
ink = dark ? '#d5dce4' : '#2b323a'
faint = dark ? '#3a434e' : '#d9dee4'
soft = dark ? '#6b7683' : '#a3adb8'

set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8

set border 3 linecolor rgb faint
set xrange [0.5:n_runs + 0.5]
set yrange [y_low:y_high]
if (log) { set logscale y }
set xtics ('' 0) nomirror scale 0.6 textcolor rgb ink # 0 is outside: a list that the labels are added to
do for [i = 1:n_tics] {
    set xtics add (value(sprintf('tic_top%d', i)).sprintf('%c', 10).value(sprintf('tic_bottom%d', i)) value(sprintf('tic_x%d', i)))
}
if (rule_room) {
    # An empty label above the frame: gnuplot makes room for a line of text there, below the key.
    set x2range [0.5:n_runs + 0.5]
    set x2tics (' ' 1) scale 0
}
set ytics nomirror scale 0 textcolor rgb ink format '%.6g'
set grid ytics linetype 1 linewidth 0.7 linecolor rgb faint
set ylabel label textcolor rgb ink noenhanced
set key outside top left horizontal Left reverse noenhanced textcolor rgb ink samplen 2 spacing 1.1
# Many names in one column would leave no room for the plot.
if (n_lines > 8) { set key samplen 1 font ',10' }
# The frame's sides are parts of the width, as those of the strips over it (.hover in style.css).
set lmargin at screen 0.16
set rmargin at screen 0.91
set bmargin 3 # two lines of labels: gnuplot makes room for one

# Tags from 1001 on: those from 1 on belong to the targets. Of two lines of one colour and one width gnuplot 5.4 draws
# the second like the first, dashed or not.
if (margin > 0) {
    set arrow 1001 from graph 0, first 0 to graph 1, first 0 nohead back linecolor rgb soft linewidth 1.1
    do for [i = -1:1:2] {
        set arrow 1003 + i from graph 0, first (i * margin) to graph 1, first (i * margin) nohead back linecolor rgb soft linewidth 0.9 dashtype (6,4)
    }
}

do for [i = 1:n_rules] {
    at = value(sprintf('rule%d', i))
    set arrow 2000 + i from first at, graph 0 to first at, graph 1 nohead back linecolor rgb ink linewidth 0.8 dashtype (4,4)
    set label 2000 + i value(sprintf('rule_text%d', i)) at first value(sprintf('rule_text_x%d', i)), graph 1 center offset 0,0.6 textcolor rgb ink font ',10.5' noenhanced
}

do for [i = 1:n_steps] {
    at = value(sprintf('step%d', i))
    set arrow 3000 + i from first at, graph 0 to first at, graph 1 nohead back linecolor rgb colour(value(sprintf('step_style%d', i))) linewidth 1 dashtype value(sprintf('step_dash%d', i))
    set object 3000 + i circle at first at, graph 0 size char 0.45 back fillcolor rgb colour(value(sprintf('step_style%d', i))) fillstyle solid noborder
}

# Labels of neighbouring targets take turns at the left and the right end, so that close ones do not meet.
do for [i = 1:n_targets] {
    at = value(sprintf('target%d', i))
    below = value(sprintf('target_below%d', i))
    c = colour(value(sprintf('target_style%d', i)))
    set arrow i from graph 0, first at to graph 1, first at nohead linecolor rgb c linewidth 1.2 dashtype (6,4)
    if (i % 2) {
        set label i value(sprintf('target_text%d', i)) at graph value(sprintf('target_aside%d', i)), first at left offset 0, (below ? -0.6 : 0.6) textcolor rgb c font ',10.5' noenhanced front
    } else {
        set label i value(sprintf('target_text%d', i)) at graph 1 - value(sprintf('target_aside%d', i)), first at right offset 0, (below ? -0.6 : 0.6) textcolor rgb c font ',10.5' noenhanced front
    }
}

i = 0 # gnuplot 6 evaluates what an iteration speaks of even where it has no turns
is(i, what) = value(sprintf('band%d', i)) == what
# A mark of size 0 would be a thousand elements of the file that nobody sees.
drawn = n_runs > 2 && !marks ? 'lines' : \
    'linespoints pointtype mark(value(sprintf(''style%d'', i))) pointsize (n_runs <= 2 ? 0.7 : 0.45)'
# The first plot is the frame's lower edge once more: gnuplot fails where nothing at all can be drawn.
plot y_low with lines linewidth 0.5 linecolor rgb faint notitle, \
     for [i = 1:n_lines] sprintf('$band%d', i) using 1:(is(i, 1) ? $3 : NaN):4 with filledcurves fillstyle transparent solid 0.18 noborder linecolor rgb colour(value(sprintf('style%d', i))) notitle, \
     for [i = 1:n_lines] sprintf('$band%d', i) using 1:(is(i, 2) ? $2 : NaN):3:4 with yerrorbars pointtype -1 linewidth 1.2 linecolor rgb colour(value(sprintf('style%d', i))) notitle, \
     for [i = 1:n_lines] sprintf('$lone%d', i) using 1:2:3:4 with yerrorbars pointtype mark(value(sprintf('style%d', i))) pointsize 0.45 linewidth 1.2 linecolor rgb colour(value(sprintf('style%d', i))) notitle, \
     for [i = 1:n_lines] sprintf('$line%d', i) using 1:2 with @drawn linewidth 1.8 dashtype dash(value(sprintf('style%d', i))) \
         linecolor rgb colour(value(sprintf('style%d', i))) title value(sprintf('name%d', i)), \
     for [i = 1:n_lines] sprintf('$beyond%d', i) using 1:2:3 with points pointtype variable pointsize 0.7 linecolor rgb colour(value(sprintf('style%d', i))) notitle
set output
