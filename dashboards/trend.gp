# SPDX-License-Identifier: MIT
# One trend plot. report/site_plot.c sets what is not set here, then repeats this text for every plot:
#   file width height label log y_low y_high n_runs marks            the axes (log, marks: 0 or 1)
#   margin                                                           lines at 0 and at +- margin; 0: none
#   n_tics tic_x<i> tic_top<i> tic_bottom<i>                         labels under the x axis
#   key_width key_columns                                            of the legend
#   n_lines name<i> style<i> band<i> $line<i> $band<i> $lone<i> $beyond<i>
#                                                                    a variant each (band 0: none, 1: area, 2: whiskers)
#   rule_room                                                        0 or 1: keep room for words over the frame
#   n_rules rule<i> rule_text<i> rule_text_x<i>                      upright, where the host changed
#   n_steps step<i> step_style<i> step_dash<i>                       upright, where a level changed
#   n_targets target<i> target_text<i> target_style<i> target_below<i> target_aside<i> (a part of the width)
reset
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
set ytics nomirror scale 0 textcolor rgb ink format '%.7g'
if (y_high >= 1e4) { set ytics font small }
if (log && y_high < 1000 * y_low) { # decades alone would be one label or two
    do for [k = -9:15] { do for [m in '2 5'] { set ytics add (sprintf('%.6g', m * 10.0 ** k) m * 10.0 ** k) } }
}
set grid ytics linetype 1 linewidth 0.7 linecolor rgb faint
# By hand: wide labels of tics would push the axis's name out of the picture.
set label 4000 label at screen 0.024, graph 0.5 center rotate by 90 textcolor rgb ink noenhanced
set key outside top left horizontal Left reverse noenhanced textcolor rgb ink samplen 1.5 spacing 1.1 font small width key_width maxcols key_columns
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
    set label 2000 + i value(sprintf('rule_text%d', i)) at first value(sprintf('rule_text_x%d', i)), graph 1 center offset 0,0.6 textcolor rgb ink font small noenhanced
}

do for [i = 1:n_steps] {
    at = value(sprintf('step%d', i))
    set arrow 3000 + i from first at, graph 0 to first at, graph 1 nohead back linecolor rgb colour(value(sprintf('step_style%d', i))) linewidth 1 dashtype value(sprintf('step_dash%d', i))
    set object 3000 + i circle at first at, graph 0 size char 0.45 back fillcolor rgb colour(value(sprintf('step_style%d', i))) fillstyle solid noborder
}

set style textbox opaque noborder fillcolor rgb paper margins 0.4,0.4 # no step's upright goes through the words
# Labels of neighbouring targets take turns at the left and the right end, so that close ones do not meet.
do for [i = 1:n_targets] {
    at = value(sprintf('target%d', i))
    below = value(sprintf('target_below%d', i))
    c = colour(value(sprintf('target_style%d', i)))
    set arrow i from graph 0, first at to graph 1, first at nohead linecolor rgb c linewidth 1.2 dashtype (6,4)
    if (i % 2) {
        set label i value(sprintf('target_text%d', i)) at graph value(sprintf('target_aside%d', i)), first at left offset 0, (below ? -0.6 : 0.6) textcolor rgb c font small noenhanced front boxed
    } else {
        set label i value(sprintf('target_text%d', i)) at graph 1 - value(sprintf('target_aside%d', i)), first at right offset 0, (below ? -0.6 : 0.6) textcolor rgb c font small noenhanced front boxed
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
