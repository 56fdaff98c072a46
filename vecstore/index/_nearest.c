/* The nearest of chosen rows of a block of memory, in one pass and without the GIL.
 *
 * Answers what vecstore.index.exact.nearest answers for the same vectors gathered into a matrix, to
 * the last bit: a first pass measures every row in float32; whatever could be among the nearest is
 * measured again in float64, and summed in NumPy's order ("pairwise", blocks of 128, eight sums
 * side by side). So this file must be compiled without contraction of a * b + c into one operation.
 *
 * Rows are scattered over memory far larger than the caches, and waiting for them is nearly all
 * that a pass does; hence a few rows are asked for ahead of the one that is measured.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__has_attribute)
#if defined(__x86_64__) && defined(__GLIBC__) && __has_attribute(target_clones)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef FOR_EVERY_PROCESSOR
#define FOR_EVERY_PROCESSOR
#endif

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

enum { LANES = 32, AHEAD = 6, LINE = 64, BLOCK = 128 };
enum { COSINE, INNER_PRODUCT, L2 };

typedef struct {
    const char *memory;
    Py_ssize_t last, stride, offset, dim, count;
    const int32_t *rows;
    const float *query;
} Block;

typedef struct {
    double distance;
    int64_t place;
} Near;

/* The vector of a row; NULL where it is not wholly inside the memory. */
static inline const float *vector_of(const Block *block, Py_ssize_t place)
{
    Py_ssize_t row = block->rows[place];
    if (row < 0 || row > block->last)
        return NULL;
    return (const float *)(block->memory + row * block->stride + block->offset);
}

/* The sum of a term over `at` from 0 to `dim`, in lanes that compilers make vectors of. */
#define SUM_OF(sum, term)                                                                        \
    {                                                                                            \
        float lanes[LANES] = {0};                                                                \
        Py_ssize_t whole = dim - dim % LANES;                                                    \
        for (Py_ssize_t from = 0; from < whole; from += LANES)                                   \
            for (Py_ssize_t lane = 0, at = from; lane < LANES; lane++, at++)                     \
                lanes[lane] += term;                                                             \
        for (int half = LANES / 2; half; half /= 2)                                              \
            for (int lane = 0; lane < half; lane++)                                              \
                lanes[lane] += lanes[lane + half];                                               \
        sum = lanes[0];                                                                          \
        for (Py_ssize_t at = whole; at < dim; at++)                                              \
            sum += term;                                                                         \
    }

/* Measures every row roughly; false where one is outside the memory.
 *
 * Where `longest` is asked for, it becomes the greatest squared length. */
FOR_EVERY_PROCESSOR
static int measure_roughly(const Block *block, int metric, float *rough, float *longest)
{
    const Py_ssize_t dim = block->dim;
    const float *query = block->query;
    for (Py_ssize_t place = 0; place < block->count; place++) {
        const float *vector = vector_of(block, place);
        if (vector == NULL)
            return 0;
        if (place + AHEAD < block->count) {
            const char *next = (const char *)vector_of(block, place + AHEAD);
            for (Py_ssize_t at = 0; next != NULL && at < 4 * dim; at += LINE)
                PREFETCH(next + at);
        }
        float sum;
        if (metric == L2)
            SUM_OF(sum, (vector[at] - query[at]) * (vector[at] - query[at]))
        else
            SUM_OF(sum, vector[at] * query[at])
        rough[place] = metric == L2 ? sum : 1.0f - sum;
        if (longest != NULL) {
            SUM_OF(sum, vector[at] * vector[at])
            if (!(sum <= *longest))
                *longest = sum;
        }
    }
    return 1;
}

static inline double term(const float *vector, const float *query, int metric)
{
    if (metric == L2) {
        double apart = (double)*vector - (double)*query;
        return apart * apart;
    }
    return (double)*vector * (double)*query;
}

/* The sum of all terms as NumPy sums a row of float64. */
static double summed(const float *vector, const float *query, Py_ssize_t count, int metric)
{
    if (count < 8) {
        double sum = 0.0;
        for (Py_ssize_t at = 0; at < count; at++)
            sum += term(vector + at, query + at, metric);
        return sum;
    }
    if (count <= BLOCK) {
        double sums[8], sum;
        Py_ssize_t at;
        for (int lane = 0; lane < 8; lane++)
            sums[lane] = term(vector + lane, query + lane, metric);
        for (at = 8; at < count - count % 8; at += 8)
            for (int lane = 0; lane < 8; lane++)
                sums[lane] += term(vector + at + lane, query + at + lane, metric);
        sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
              ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        for (; at < count; at++)
            sum += term(vector + at, query + at, metric);
        return sum;
    }
    Py_ssize_t half = count / 2;
    half -= half % 8;
    return summed(vector, query, half, metric) +
           summed(vector + half, query + half, count - half, metric);
}

/* The greatest of the `k` least of some numbers, none of them NaN; `heap` has room for `k`. */
static double kth(const double *numbers, Py_ssize_t count, Py_ssize_t k, double *heap)
{
    Py_ssize_t held = 0;
    for (Py_ssize_t n = 0; n < count; n++) {
        double number = numbers[n];
        Py_ssize_t at;
        if (held < k) {
            for (at = held++; at > 0 && heap[(at - 1) / 2] < number; at = (at - 1) / 2)
                heap[at] = heap[(at - 1) / 2];
        } else if (number < heap[0]) {
            for (at = 0;;) {
                Py_ssize_t child = 2 * at + 1;
                if (child + 1 < k && heap[child + 1] > heap[child])
                    child++;
                if (child >= k || heap[child] <= number)
                    break;
                heap[at] = heap[child];
                at = child;
            }
        } else
            continue;
        heap[at] = number;
    }
    return heap[0];
}

/* How far a rough distance may be and still be among the `k` nearest; infinity for any. */
static double rough_limit(const Block *block, int metric, Py_ssize_t k, const float *rough,
                          float longest, double *numbers, double *heap)
{
    double error = (double)block->dim * FLT_EPSILON, bound;
    for (Py_ssize_t place = 0; place < block->count; place++) {
        if (!isfinite(rough[place]))
            return INFINITY;
        numbers[place] = rough[place];
    }
    if (metric == INNER_PRODUCT) {
        double square = 0;
        for (Py_ssize_t at = 0; at < block->dim; at++)
            square += (double)block->query[at] * block->query[at];
        error *= fmax(1.0, sqrt(longest) * sqrt(square));
    }
    bound = kth(numbers, block->count, k, heap);
    return bound + 2.0 * error * (1.0 + fabs(bound));
}

static int by_distance(const void *one, const void *other)
{
    const Near *a = one, *b = other;
    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* The nearest, with every row that ties with the last; how many, or -1 for a row outside. */
static Py_ssize_t nearest_of(const Block *block, int metric, Py_ssize_t k, float *rough,
                             double *numbers, double *heap, Near *near)
{
    Py_ssize_t found = 0, kept = 0;
    double limit = INFINITY;
    float longest = 0;
    if (block->count > k) {
        if (!measure_roughly(block, metric, rough, metric == INNER_PRODUCT ? &longest : NULL))
            return -1;
        limit = rough_limit(block, metric, k, rough, longest, numbers, heap);
    }
    for (Py_ssize_t place = 0; place < block->count; place++) {
        if (limit < INFINITY && rough[place] > limit)
            continue;
        const float *vector = vector_of(block, place);
        if (vector == NULL)
            return -1;
        double sum = summed(vector, block->query, block->dim, metric);
        double distance = metric == L2 ? sum : 1.0 - sum;
        near[found].distance = isnan(distance) ? INFINITY : distance;
        near[found++].place = place;
    }
    if (found > k) {
        for (Py_ssize_t n = 0; n < found; n++)
            numbers[n] = near[n].distance;
        limit = kth(numbers, found, k, heap);
        for (Py_ssize_t n = 0; n < found; n++)
            if (near[n].distance <= limit)
                near[kept++] = near[n];
        found = kept;
    }
    qsort(near, (size_t)found, sizeof *near, by_distance);
    return found;
}

/* Places and distances as bytes: int64 and float64. */
static PyObject *answer_of(const Near *near, Py_ssize_t found)
{
    PyObject *places = PyBytes_FromStringAndSize(NULL, found * 8);
    PyObject *distances = PyBytes_FromStringAndSize(NULL, found * 8);
    PyObject *answer = NULL;
    if (places != NULL && distances != NULL) {
        int64_t *to_places = (int64_t *)PyBytes_AsString(places);
        double *to_distances = (double *)PyBytes_AsString(distances);
        for (Py_ssize_t n = 0; n < found; n++) {
            to_places[n] = near[n].place;
            to_distances[n] = near[n].distance;
        }
        answer = PyTuple_Pack(2, places, distances);
    }
    Py_XDECREF(places);
    Py_XDECREF(distances);
    return answer;
}

static PyObject *answered(const Block *block, int metric, Py_ssize_t k)
{
    Py_ssize_t count = block->count, most = k < count ? k : count, found;
    /* Near first, then doubles, then floats: each is aligned. */
    size_t size = (size_t)count * (sizeof(Near) + sizeof(double) + sizeof(float)) +
                  (size_t)most * sizeof(double);
    Near *near = PyMem_Malloc(size ? size : 1);
    PyObject *answer = NULL;
    if (near == NULL)
        return PyErr_NoMemory();
    double *numbers = (double *)(near + count), *heap = numbers + count;
    float *rough = (float *)(heap + most);
    Py_BEGIN_ALLOW_THREADS
    found = nearest_of(block, metric, k, rough, numbers, heap, near);
    Py_END_ALLOW_THREADS
    if (found < 0)
        PyErr_SetString(PyExc_IndexError, "a row lies outside the memory");
    else
        answer = answer_of(near, found);
    PyMem_Free(near);
    return answer;
}

PyDoc_STRVAR(nearest_doc,
"nearest(memory, stride, offset, rows, query, metric, k)\n--\n\n"
"Places in rows and distances of the k nearest, as bytes of int64 and float64.");

static PyObject *nearest(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer memory, rows, query;
    Py_ssize_t stride, offset, k;
    int metric;
    PyObject *answer = NULL;
    if (!PyArg_ParseTuple(arguments, "y*nny*y*in:nearest", &memory, &stride, &offset, &rows,
                          &query, &metric, &k))
        return NULL;
    Block block = {
        .memory = memory.buf, .stride = stride, .offset = offset, .dim = query.len / 4,
        .count = rows.len / 4, .rows = rows.buf, .query = query.buf,
    };
    if (stride < 1 || offset < 0 || k < 1 || metric < COSINE || metric > L2 || query.len % 4 ||
        rows.len % 4 || block.dim < 1)
        PyErr_SetString(PyExc_ValueError, "nearest() got arguments that fit no block of rows");
    else if (offset > memory.len || 4 * block.dim > memory.len - offset)
        PyErr_SetString(PyExc_IndexError, "a row lies outside the memory");
    else {
        block.last = (memory.len - offset - 4 * block.dim) / stride;
        answer = answered(&block, metric, k);
    }
    PyBuffer_Release(&memory);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&query);
    return answer;
}

static PyMethodDef methods[] = {
    {"nearest", nearest, METH_VARARGS, nearest_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_nearest",
    .m_doc = "The nearest of chosen rows of a block of memory.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__nearest(void)
{
    return PyModuleDef_Init(&module);
}
