// SPDX-License-Identifier: MIT
#include "cli/manual.h"

#include "cli/options.h"

#include <string.h>

/* A command that takes case ids, or globs of them. */
static bool takes_cases(const struct manual_row *row)
{
    return row->bit && (strstr(row->args, "GLOB") || strstr(row->args, "CASE"));
}

static bool is_file(const char *arg)
{
    return strcmp(arg, "FILE") == 0 || strcmp(arg, "PROGRAM") == 0 || strcmp(arg, "OLD") == 0;
}

static bool is_folder(const char *arg)
{
    return strcmp(arg, "DIR") == 0;
}

static bool is_other(const char *arg)
{
    return !is_file(arg) && !is_folder(arg);
}

/* roff: a '-' is a hyphen unless it is escaped, a line that begins with a dot or a quote is a request. */
static void roff(struct text *out, const char *s)
{
    for (; *s; s++)
        if (*s == '-')
            text_add(out, "\\-");
        else if (*s == '\\')
            text_add(out, "\\e");
        else if (*s == '.' || *s == '\'')
            text_addf(out, "\\&%c", *s);
        else
            text_addf(out, "%c", *s);
}

static void man_options(struct text *out, unsigned bit)
{
    struct option_row row;

    for (size_t i = 0; options_row(bit, i, &row); i++) {
        text_add(out, ".TP\n\\fB");
        roff(out, row.name);
        text_add(out, "\\fR");
        if (row.arg)
            text_addf(out, " \\fI%s\\fR", row.arg);
        text_add(out, "\n");
        roff(out, row.help);
        text_add(out, "\n");
    }
}

/* What is the same for all commands. */
static const char man_end[] =
    ".SH EXIT STATUS\n.TP\n0\npass\n.TP\n1\na regression, a missed target or a wrong result\n"
    ".TP\n2\nusage or configuration\n.TP\n3\ninconclusive, or the host is not fit to measure\n"
    ".TP\n4\nthe harness itself failed\n"
    ".SH ENVIRONMENT\n.TP\n\\fBPAWL_DB\\fR\nthe history, where \\fB\\-\\-db\\fR names none; "
    "a server's is for those that read, push and pull\n"
    ".TP\n\\fBPGPASSWORD\\fR, \\fBPGSERVICE\\fR, ~/.pgpass\nhow to enter that server\n"
    ".TP\n\\fBPAWL_LOCK\\fR\nthe lock, where \\fB\\-\\-lock\\fR names none\n"
    ".TP\n\\fBXDG_STATE_HOME\\fR, \\fBHOME\\fR\nwhere the history is else: "
    "pawl/pawl.db in the one, .local/state/pawl/pawl.db in the other\n"
    ".TP\n\\fBXDG_CACHE_HOME\\fR, \\fBHOME\\fR\nwhere trained codecs and the builds of other commits are kept: "
    "pawl in the one, .cache/pawl in the other; may be deleted\n"
    ".TP\n\\fBTMPDIR\\fR\nfor files that go when the command ends\n"
    ".TP\n\\fBNO_COLOR\\fR\nno colours\n"
    ".SH FILES\n.TP\nbaselines/targets.json\nwhat must hold on any host\n"
    ".TP\nbaselines/HOST_CLASS.json\nwhat \\fBpawl accept\\fR wrote for a class of hosts\n"
    ".TP\npawl.json\nthe Google Benchmark programs that are measured in this folder, with their targets\n"
    ".SH EXAMPLES\n.TP\nIn front of a merge, against the commit where the branch began:\npawl gate \\-\\-quick \\-\\-against main\n"
    ".TP\nKeep a figure, and say why:\npawl accept \\-\\-reason \"a wider block\"\n"
    ".TP\nTwo builds of your own program, in turns:\npawl gate \\-\\-gbench new/bench \\-\\-against\\-gbench old/bench\n";

static void man(struct text *out, const struct manual *m)
{
    text_addf(out, ".TH PAWL 1 \"\" \"pawl %s\" \"User Commands\"\n", m->version);
    text_add(out,
             ".SH NAME\npawl \\- continuous performance\\-regression harness\n"
             ".SH SYNOPSIS\n\\fBpawl\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARG\\fR...]\n"
             ".SH DESCRIPTION\n"
             "Measures kernels, codecs and inference side by side with their references on pinned cores, keeps every\n"
             "sample, and fails where a speedup, a promised figure or a result slips.\n.PP\n"
             "A GLOB selects case ids: * any text, ? one character, {a,b} either; what it names, and all below.\n"
             ".SH COMMANDS\n");
    for (size_t i = 0; i < m->n; i++) {
        text_addf(out, ".SS \"pawl %s", m->rows[i].name);
        if (m->rows[i].bit)
            text_add(out, " [OPTION...]");
        if (*m->rows[i].args)
            text_add(out, " ");
        roff(out, m->rows[i].args);
        text_add(out, "\"\n");
        roff(out, m->rows[i].summary);
        text_add(out, "\n");
        if (m->rows[i].bit)
            man_options(out, m->rows[i].bit);
        else
            text_addf(out, ".PP\nSee \\fBpawl %s \\-\\-help\\fR.\n", m->rows[i].name);
    }
    text_add(out, man_end);
}

static void quoted(struct text *out, const char *s)
{
    text_add(out, "'");
    for (; *s; s++)
        if (*s == '\'')
            text_add(out, "'\\''");
        else
            text_addf(out, "%c", *s);
    text_add(out, "'");
}

static void bash_options(struct text *out, unsigned bit)
{
    struct option_row row;

    for (size_t i = 0; options_row(bit, i, &row); i++)
        text_addf(out, "%s%s", i ? " " : "", row.name);
}

static bool in_list(const struct text *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = list->data; at && (at = strstr(at, name)); at += len)
        if ((at == list->data || at[-1] == '|') && (at[len] == '|' || !at[len]))
            return true;
    return false;
}

/* The options, of whatever command, whose argument is of one kind: as a pattern of `case`. */
static void bash_pattern(struct text *out, bool (*is)(const char *arg))
{
    struct option_row row;
    struct text list = { 0 };

    for (size_t i = 0; options_row(~0u, i, &row); i++)
        if (row.arg && is(row.arg) && !in_list(&list, row.name)) /* two commands may have one of the same name */
            text_addf(&list, "%s%s", list.len ? "|" : "", row.name);
    text_add(out, list.data);
    text_free(&list);
}

/* A case id has '=' in it, at which readline begins a new word: what is before it has been typed already. */
static void bash(struct text *out, const struct manual *m)
{
    text_add(out,
             "# bash completion of pawl, made by 'pawl manual bash'\n"
             "_pawl() {\n    local line=${COMP_LINE:0:COMP_POINT} word command=${COMP_WORDS[1]} options='' cases=''\n"
             "    word=${line##* }\n    COMPREPLY=()\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
             "        mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = 0; i < m->n; i++)
        text_addf(out, "%s ", m->rows[i].name);
    text_add(out,
             "--help --version' -- \"$word\")\n        return\n    fi\n    case ${COMP_WORDS[COMP_CWORD-1]} in\n    ");
    bash_pattern(out, is_file);
    text_add(out, ") mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); compopt -o filenames; return ;;\n    ");
    bash_pattern(out, is_folder);
    text_add(out, ") mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); compopt -o filenames; return ;;\n    ");
    bash_pattern(out, is_other);
    text_add(out, ") return ;;\n    esac\n    case $command in\n");
    for (size_t i = 0; i < m->n; i++) {
        text_addf(out, "    %s) options='", m->rows[i].name);
        if (m->rows[i].bit)
            bash_options(out, m->rows[i].bit);
        text_addf(out, "'%s ;;\n", takes_cases(&m->rows[i]) ? " cases=1" : "");
    }
    text_add(out,
             "    esac\n    if [ \"${word:0:1}\" = - ]; then\n"
             "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
             "    elif [ -n \"$cases\" ]; then\n"
             "        mapfile -t COMPREPLY < <(compgen -W \"$(pawl list 2>/dev/null | sed -n '/^[^# ]/s/ .*//p')\" -- "
             "\"$word\")\n"
             "        COMPREPLY=(\"${COMPREPLY[@]#\"${word%\"${word##*[=:]}\"}\"}\")\n"
             "    else\n        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n        compopt -o filenames\n"
             "    fi\n}\ncomplete -F _pawl pawl\n");
}

/* NAME[HELP]:ARG:ACTION, where a bracket or a colon of the help is escaped. */
static void zsh_options(struct text *out, unsigned bit)
{
    struct option_row row;

    for (size_t i = 0; options_row(bit, i, &row); i++) {
        struct text spec = { 0 };

        text_addf(&spec, "%s[", row.name);
        for (const char *s = row.help; *s; s++)
            text_addf(&spec, "%s%c", strchr(":[]", *s) ? "\\" : "", *s);
        text_add(&spec, "]");
        if (row.arg)
            text_addf(&spec, ":%s:%s", row.arg, is_file(row.arg) ? "_files" : is_folder(row.arg) ? "_files -/" : "");
        text_add(out, " \\\n            ");
        quoted(out, spec.data);
        text_free(&spec);
    }
}

static void zsh(struct text *out, const struct manual *m)
{
    text_add(out, "#compdef pawl\n# made by 'pawl manual zsh'\n"
                  "_pawl_cases() {\n    local -a ids\n"
                  "    ids=(${(f)\"$(pawl list 2>/dev/null | sed -n '/^[^# ]/s/ .*//p')\"})\n"
                  "    _multi_parts / ids\n}\n_pawl() {\n    local -a commands\n    commands=(\n");
    for (size_t i = 0; i < m->n; i++) {
        struct text row = { 0 };

        text_addf(&row, "%s:%s", m->rows[i].name, m->rows[i].summary);
        text_add(out, "        ");
        quoted(out, row.data);
        text_add(out, "\n");
        text_free(&row);
    }
    text_add(out, "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        return\n    fi\n"
                  "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (size_t i = 0; i < m->n; i++) {
        text_addf(out, "    %s) _arguments -S", m->rows[i].name);
        if (m->rows[i].bit)
            zsh_options(out, m->rows[i].bit);
        text_addf(out, " '*:%s' ;;\n", takes_cases(&m->rows[i]) ? "case:_pawl_cases" : "file:_files");
    }
    text_add(out, "    esac\n}\n_pawl \"$@\"\n");
}

int manual_add(struct text *out, const char *what, const struct manual *manual, struct err *err)
{
    static const struct {
        const char *name;
        void (*add)(struct text *out, const struct manual *m);
    } forms[] = { { "man", man }, { "bash", bash }, { "zsh", zsh } };

    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (strcmp(what, forms[i].name) == 0) {
            forms[i].add(out, manual);
            return 0;
        }
    return err_set(err, ERR_USAGE, "'%s' is none of man, bash, zsh", what);
}
