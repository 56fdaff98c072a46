/* The texts to which some words give most, in one pass over their places.
 *
 * A text's total is the sum, in float64 and in the order of the words, of what each gives to it: that
 * of looking at every text, to the last bit. Places are gone through in stretches whose totals fit
 * the nearest cache. Words that together lift no text among the best any more are not gone through,
 * only looked up for texts that have another one (MaxScore: Turtle and Flood, 1995); the more is
 * known of the best, the more words are such.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Places in a stretch, and how many of them a mark holds. */
enum { STRETCH = 2048, BITS = 64 };
/* So many times the texts wanted are looked at first. */
enum { SEVERAL = 4 };
/* With so many postings, waiting for the GIL again is little beside the work. */
enum { MANY = 100000 };
/* More than a sum of 64 impacts is off by. */
#define ROUNDING 1e-7
/* Less than any word gives to a text that has it. */
#define LEAST 1e-12

typedef struct {
    const int64_t *places;
    const float *impacts, *dense;
    Py_ssize_t count, known, at;
    /* What the word, and all after it, may give to a text at most. */
    double rest;
} Word;

typedef struct {
    double total;
    int64_t place, rank;
} Text;

typedef struct {
    Word *words;
    /* The first of the words are gone through, all others looked up. One more gives nothing. */
    Py_ssize_t count, leading;
    /* What a text must have at least; the greatest totals so far, the least of them first. */
    double least, *heap;
    Py_ssize_t k, held;
    Text *texts;
    Py_ssize_t found, room;
    /* By place: which of two texts with equal totals comes first, the one with less. */
    const int32_t *ranks;
    Py_ssize_t ranked;
} Search;

/* Takes a total among the k greatest; from all of these on, the least of them is what it takes. */
static void held_among(Search *search, double total)
{
    double *heap = search->heap;
    Py_ssize_t at, k = search->k;
    if (total < search->least)
        return;
    if (search->held < k) {
        for (at = search->held++; at > 0 && heap[(at - 1) / 2] > total; at = (at - 1) / 2)
            heap[at] = heap[(at - 1) / 2];
    } else if (total > heap[0]) {
        for (at = 0;;) {
            Py_ssize_t child = 2 * at + 1;
            if (child + 1 < k && heap[child + 1] < heap[child])
                child++;
            if (child >= k || heap[child] >= total)
                break;
            heap[at] = heap[child];
            at = child;
        }
    } else
        return;
    heap[at] = total;
    if (search->held == k)
        search->least = heap[0];
}

/* Drops texts that would have too little even with so much more. */
static void drop(Search *search, double more)
{
    Py_ssize_t kept = 0;
    for (Py_ssize_t n = 0; n < search->found; n++)
        if (search->texts[n].total + more >= search->least)
            search->texts[kept++] = search->texts[n];
    search->found = kept;
}

/* Keeps a text, and what the leading words give to it, if it may still be among the best; `more` is
 * what others may give. False where there is no memory. */
static int keep(Search *search, double total, double more, int64_t place)
{
    if (search->found == search->room) {
        drop(search, more);
        if (search->found > search->room / 2) {
            Text *texts = realloc(search->texts, 2 * (size_t)search->room * sizeof(Text));
            if (texts == NULL)
                return 0;
            search->texts = texts;
            search->room *= 2;
        }
    }
    search->texts[search->found++] = (Text){total, place, 0};
    held_among(search, total);
    return 1;
}

/* What a word gives to a text, where it was not gone through so far; for ascending places. */
static double given(Word *word, int64_t place)
{
    if (word->at == word->count || place < word->places[word->at])
        return 0.0;
    if (word->dense != NULL)
        return place >= 0 && place < word->known ? word->dense[place] : 0.0;
    Py_ssize_t low = word->at, step = 1;
    while (low + step < word->count && word->places[low + step] < place) {
        low += step;
        step *= 2;
    }
    Py_ssize_t high = low + step < word->count ? low + step : word->count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (word->places[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    word->at = low;
    return low < word->count && word->places[low] == place ? word->impacts[low] : 0.0;
}

/* The first place that a leading word has next; false where there is none. */
static int next_place(Search *search, int64_t *first)
{
    int any = 0;
    while (search->leading > 0 &&
           search->words[search->leading - 1].rest + ROUNDING < search->least)
        search->leading--;
    for (Py_ssize_t n = 0; n < search->leading; n++) {
        const Word *word = &search->words[n];
        if (word->at < word->count && (!any || word->places[word->at] < *first)) {
            *first = word->places[word->at];
            any = 1;
        }
    }
    return any;
}

/* Goes through the leading words; false where there is no memory. */
static int gone_through(Search *search)
{
    double sums[STRETCH] = {0.0};
    uint64_t touched[STRETCH / BITS] = {0};
    int64_t first = 0;
    while (next_place(search, &first)) {
        for (Py_ssize_t n = 0; n < search->leading; n++) {
            Word *word = &search->words[n];
            for (; word->at < word->count; word->at++) {
                /* Whatever stands there, this is never outside. */
                uint64_t offset = (uint64_t)word->places[word->at] - (uint64_t)first;
                if (offset >= STRETCH)
                    break;
                sums[offset] += word->impacts[word->at];
                touched[offset / BITS] |= (uint64_t)1 << offset % BITS;
            }
        }
        double more = search->words[search->leading].rest + ROUNDING;
        for (int part = 0; part < STRETCH / BITS; part++) {
            uint64_t bits = touched[part];
            for (touched[part] = 0; bits; bits &= bits - 1) {
                int offset = part * BITS + __builtin_ctzll(bits);
                double total = sums[offset];
                sums[offset] = 0.0;
                if (total + more >= search->least &&
                    !keep(search, total, more, (int64_t)((uint64_t)first + (uint64_t)offset)))
                    return 0;
            }
        }
    }
    return 1;
}

/* Lets all texts with one of so many words be found, with their totals; false for no memory. */
static int found_by(Search *search, Py_ssize_t leading)
{
    search->leading = leading;
    search->found = search->held = 0;
    for (Py_ssize_t n = 0; n < search->count; n++)
        search->words[n].at = 0;
    if (!gone_through(search))
        return 0;
    for (Py_ssize_t number = search->leading; number < search->count; number++) {
        Word *word = &search->words[number];
        drop(search, word->rest + ROUNDING);
        search->held = 0;
        for (Py_ssize_t n = 0; n < search->found; n++) {
            Text *text = &search->texts[n];
            text->total += given(word, text->place);
            held_among(search, text->total);
        }
    }
    drop(search, 0.0);
    return 1;
}

/* All texts that have as much as the k-th best, by place; false where there is no memory. */
static int searched(Search *search)
{
    Py_ssize_t few = 0, texts = 0;
    while (few < search->count && texts < SEVERAL * search->k)
        texts += search->words[few++].count;
    /* The best of those with the rarest words say what it takes. */
    if (!found_by(search, few))
        return 0;
    if (search->words[few].rest + ROUNDING < search->least || few == search->count)
        return 1;
    return found_by(search, search->count);
}

static int by_total(const void *one, const void *other)
{
    const Text *a = one, *b = other;
    if (a->total != b->total)
        return a->total > b->total ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Leaves the k best alone, in order; false where a text has no rank. */
static int ordered(Search *search)
{
    for (Py_ssize_t n = 0; n < search->found; n++) {
        Text *text = &search->texts[n];
        if (text->place < 0 || text->place >= search->ranked) {
            PyErr_SetString(PyExc_IndexError, "a text has no rank");
            return 0;
        }
        text->rank = search->ranks[text->place];
    }
    qsort(search->texts, (size_t)search->found, sizeof(Text), by_total);
    if (search->found > search->k)
        search->found = search->k;
    return 1;
}

/* Places and totals as bytes: int64 and float64. */
static PyObject *answer_of(const Search *search)
{
    PyObject *places = PyBytes_FromStringAndSize(NULL, search->found * 8);
    PyObject *totals = PyBytes_FromStringAndSize(NULL, search->found * 8);
    PyObject *answer = NULL;
    if (places != NULL && totals != NULL) {
        int64_t *to_places = (int64_t *)PyBytes_AsString(places);
        double *to_totals = (double *)PyBytes_AsString(totals);
        for (Py_ssize_t n = 0; n < search->found; n++) {
            to_places[n] = search->texts[n].place;
            to_totals[n] = search->texts[n].total;
        }
        answer = PyTuple_Pack(2, places, totals);
    }
    Py_XDECREF(places);
    Py_XDECREF(totals);
    return answer;
}

static PyObject *answered(Search *search, Py_ssize_t postings)
{
    PyObject *answer = NULL;
    int enough;
    if (search->k > postings)
        search->k = postings > 0 ? postings : 1;
    search->room = 2 * search->k + BITS;
    search->heap = malloc((size_t)search->k * sizeof(double));
    search->texts = malloc((size_t)search->room * sizeof(Text));
    enough = search->heap != NULL && search->texts != NULL;
    if (enough) {
        PyThreadState *state = postings > MANY ? PyEval_SaveThread() : NULL;
        enough = searched(search);
        if (state != NULL)
            PyEval_RestoreThread(state);
    }
    if (!enough)
        PyErr_NoMemory();
    else if (search->ranks == NULL || ordered(search))
        answer = answer_of(search);
    free(search->heap);
    free(search->texts);
    return answer;
}

typedef struct {
    Py_buffer places, impacts, dense;
} Buffers;

/* Reads what stands for a word; false, with an error set, where it is none. */
static int read_word(PyObject *words, Py_ssize_t number, Buffers *buffers, Word *word)
{
    double most;
    int fits;
    PyObject *item = PySequence_GetItem(words, number);
    if (item == NULL)
        return 0;
    fits = PyTuple_Check(item) && PyArg_ParseTuple(item, "y*y*z*d:best", &buffers->places,
                                                   &buffers->impacts, &buffers->dense, &most);
    Py_DECREF(item);
    if (!fits && PyErr_Occurred())
        return 0;
    if (!fits || buffers->places.len % 8 || buffers->dense.len % 4 || !(most >= 0.0) ||
        buffers->impacts.len != buffers->places.len / 2) {
        PyErr_SetString(PyExc_ValueError, "best() got what are no postings of a word");
        return 0;
    }
    *word = (Word){
        .places = buffers->places.buf, .impacts = buffers->impacts.buf,
        .dense = buffers->dense.buf, .count = buffers->places.len / 8,
        .known = buffers->dense.len / 4, .rest = most,
    };
    return 1;
}

PyDoc_STRVAR(best_doc,
"best(words, k, least, ranks)\n--\n\n"
"Places and totals of the best texts, as bytes of int64 and float64: the k best in order, or\n"
"without ranks all that have as much as the k-th best, by place.");

static PyObject *best(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *words, *answer = NULL;
    Py_buffer ranks;
    Search search = {0};
    Py_ssize_t postings = 0, read = 0;
    if (!PyArg_ParseTuple(arguments, "Ondz*:best", &words, &search.k, &search.least, &ranks))
        return NULL;
    search.ranks = ranks.buf;
    search.ranked = ranks.len / 4;
    search.count = PySequence_Size(words);
    size_t room = search.count > 0 ? (size_t)search.count + 1 : 1;
    /* Zeros: buffers that were never filled may be released. */
    Buffers *buffers = PyMem_Calloc(room, sizeof *buffers);
    search.words = PyMem_Calloc(room, sizeof *search.words);
    if (buffers == NULL || search.words == NULL)
        PyErr_NoMemory();
    else if (search.count >= 0 && (search.k < 1 || isnan(search.least) || ranks.len % 4))
        PyErr_SetString(PyExc_ValueError, "best() got a number that is none of texts");
    else {
        while (read < search.count && read_word(words, read, &buffers[read], &search.words[read]))
            postings += search.words[read++].count;
        if (read == search.count) {
            for (Py_ssize_t n = search.count - 1; n-- > 0;)
                search.words[n].rest += search.words[n + 1].rest;
            search.least = fmax(search.least, LEAST);
            answer = answered(&search, postings);
        }
        for (Py_ssize_t n = 0; n < search.count; n++) {
            PyBuffer_Release(&buffers[n].places);
            PyBuffer_Release(&buffers[n].impacts);
            PyBuffer_Release(&buffers[n].dense);
        }
    }
    PyMem_Free(buffers);
    PyMem_Free(search.words);
    PyBuffer_Release(&ranks);
    return answer;
}

static PyMethodDef methods[] = {
    {"best", best, METH_VARARGS, best_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_ranking",
    .m_doc = "The texts to which some words give most.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__ranking(void)
{
    return PyModuleDef_Init(&module);
}
