// Sweeps of the mixing method. A block solves one row, BLOCK variables at a time: while the first warp moves those of one step
// one after another, the other warps sum what all variables but these make of the next step's, and what they missed is added
// when both are done. Sums have a fixed order, so results repeat.
//
// REAL is the element type, VARIABLES and RANK the sizes, RANK a multiple of 16; WORKERS the warps that sum; ADJOINT is 1 for the
// adjoint's equations.

#define BLOCK 16
#define CHUNK 32
#define PARTS (RANK / 16)
#define LANES ((RANK + 31) / 32)
#define THREADS (32 * (WORKERS + 1))
#define STAGE (BLOCK * (RANK > CHUNK ? RANK : CHUNK))

struct __align__(2 * sizeof(REAL)) Pair
{
    REAL of[2];
};

struct __align__(16) Quad
{
    REAL of[4];
};

__device__ float inverseRoot(float value)
{
    return rsqrtf(value);
}

__device__ double inverseRoot(double value)
{
    return rsqrt(value);
}

__device__ REAL sumOverWarp(REAL value)
{
#pragma unroll
    for (int lane = 16; lane > 0; lane /= 2)
    {
        value += __shfl_xor_sync(0xffffffff, value, lane);
    }

    return value;
}

__device__ double sumOverWarpInDouble(double value)
{
#pragma unroll
    for (int lane = 16; lane > 0; lane /= 2)
    {
        value += __shfl_xor_sync(0xffffffff, value, lane);
    }

    return value;
}

// What a worker's share of the positions [first, last) of the order, but those from skipped on, makes of the BLOCK variables at the
// positions from target on: [BLOCK, RANK] in sums.
__device__ void accumulate(
    const REAL* products, const REAL* vectors, const short* order, int first, int last, int skipped, int target, int targetEnd, int worker, int lane, REAL* sums)
{
    int column = lane % BLOCK;
    int variable = target + column < targetEnd ? order[target + column] : -1;
    int quad = lane / 8;
    int pair = lane % 8;
    REAL sum[4][PARTS][2];
#pragma unroll
    for (int c = 0; c < 4; c++)
    {
#pragma unroll
        for (int part = 0; part < PARTS; part++)
        {
            sum[c][part][0] = 0;
            sum[c][part][1] = 0;
        }
    }

    for (int start = first + worker * CHUNK; start < last; start += WORKERS * CHUNK)
    {
        __syncwarp();
#pragma unroll
        for (int i = 0; i < CHUNK; i += 32 / BLOCK)
        {
            int place = i + lane / BLOCK;
            int position = start + place;
            bool counts = variable >= 0 && position < last && (position < skipped || position >= skipped + BLOCK);
            sums[place * BLOCK + column] = counts ? __ldcg(products + (size_t)order[position] * VARIABLES + variable) : (REAL)0;
        }

        __syncwarp();
        int count = last - start < CHUNK ? last - start : CHUNK;
#pragma unroll 4
        for (int place = 0; place < count; place++)
        {
            Quad product = *(const Quad*)(sums + place * BLOCK + 4 * quad);
            const REAL* vector = vectors + (size_t)order[start + place] * RANK + 2 * pair;
#pragma unroll
            for (int part = 0; part < PARTS; part++)
            {
                Pair v = *(const Pair*)(vector + 16 * part);
#pragma unroll
                for (int c = 0; c < 4; c++)
                {
                    sum[c][part][0] += product.of[c] * v.of[0];
                    sum[c][part][1] += product.of[c] * v.of[1];
                }
            }
        }
    }

    __syncwarp();
#pragma unroll
    for (int c = 0; c < 4; c++)
    {
#pragma unroll
        for (int part = 0; part < PARTS; part++)
        {
            REAL* place = sums + (4 * quad + c) * RANK + 16 * part + 2 * pair;
            place[0] = sum[c][part][0];
            place[1] = sum[c][part][1];
        }
    }
}

// The products of the variables at BLOCK positions with those at BLOCK others, [BLOCK, BLOCK].
__device__ void gather(const REAL* products, const short* order, int rows, int columns, int end, int thread, int threads, REAL* gathered)
{
    for (int i = thread; i < BLOCK * BLOCK; i += threads)
    {
        int row = rows + i / BLOCK;
        int column = columns + i % BLOCK;
        gathered[i] = row < end && column < end ? __ldcg(products + (size_t)order[row] * VARIABLES + order[column]) : (REAL)0;
    }
}

// products: S S^T with a diagonal of zero, [VARIABLES, VARIABLES]; isFree: [rows, VARIABLES]; vectors, constants, solution:
// [rows, VARIABLES, RANK]; norms: [rows, VARIABLES]; readings: [rows, 2]. Constants hold the negative right side of the adjoint; the
// forward solve writes what is given to them. Solution is the adjoint's.
extern "C" __global__ void __launch_bounds__(THREADS) mix(
    const REAL* products, const unsigned char* isFree, REAL* vectors, REAL* constants, REAL* norms, double* readings,
    int maximumSweeps, double tolerance, const REAL* solution)
{
    __shared__ short order[VARIABLES];
    __shared__ int freeCount;
    __shared__ int isOver;
    __shared__ __align__(16) REAL partial[WORKERS][STAGE];
    __shared__ REAL force[BLOCK * RANK];
    __shared__ REAL moved[BLOCK * RANK];
    __shared__ REAL across[BLOCK * BLOCK];
    __shared__ REAL within[2][BLOCK * BLOCK];
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    size_t row = blockIdx.x;
    isFree += row * VARIABLES;
    norms += row * VARIABLES;
    vectors += row * VARIABLES * RANK;
    constants += row * VARIABLES * RANK;
    solution += row * VARIABLES * RANK;

    // What is free comes first, then what is given.
    if (warp == 0)
    {
        int first = 0;
        int last = VARIABLES;
        unsigned before = (1u << lane) - 1;
        for (int start = 0; start < VARIABLES; start += 32)
        {
            int variable = start + lane;
            bool exists = variable < VARIABLES;
            bool moves = exists && isFree[variable];
            unsigned moving = __ballot_sync(0xffffffff, moves);
            unsigned given = __ballot_sync(0xffffffff, exists && !moves);
            if (exists)
            {
                order[moves ? first + __popc(moving & before) : last - 1 - __popc(given & before)] = (short)variable;
            }

            first += __popc(moving);
            last -= __popc(given);
        }

        if (lane == 0)
        {
            freeCount = first;
            isOver = first == 0;
            readings[2 * row] = 0;
            readings[2 * row + 1] = 0;
        }
    }

    for (int i = threadIdx.x; i < BLOCK * BLOCK; i += THREADS)
    {
        across[i] = 0;
    }

    for (int i = threadIdx.x; i < BLOCK * RANK; i += THREADS)
    {
        moved[i] = 0;
    }

    __syncthreads();
    int count = freeCount;
    int steps = (count + BLOCK - 1) / BLOCK;
    for (int step = 0; !ADJOINT && step < steps; step++)
    {
        if (warp > 0)
        {
            accumulate(products, vectors, order, count, VARIABLES, VARIABLES, step * BLOCK, count, warp - 1, lane, partial[warp - 1]);
        }

        __syncthreads();
        for (int i = threadIdx.x; i < BLOCK * RANK; i += THREADS)
        {
            int position = step * BLOCK + i / RANK;
            if (position < count)
            {
                REAL sum = 0;
                for (int worker = 0; worker < WORKERS; worker++)
                {
                    sum += partial[worker][i];
                }

                constants[(size_t)order[position] * RANK + i % RANK] = sum;
            }
        }

        __syncthreads();
    }

    // A step of -1 comes before the first, and moves nothing.
    int buffer = 0;
    double change = 0;
    double size = 0;
    int sweep = 0;
    for (int step = -1; !isOver; step = step + 1 < steps ? step + 1 : 0)
    {
        int next = step + 1 < steps ? step + 1 : 0;
        if (warp > 0)
        {
            accumulate(products, vectors, order, 0, count, step < 0 ? count : step * BLOCK, next * BLOCK, count, warp - 1, lane, partial[warp - 1]);
            int worker = threadIdx.x - 32;
            gather(products, order, next * BLOCK, next * BLOCK, count, worker, 32 * WORKERS, within[1 - buffer]);
            if (step >= 0)
            {
                gather(products, order, next * BLOCK, step * BLOCK, count, worker, 32 * WORKERS, across);
            }
        }
        else if (step >= 0)
        {
            REAL g[BLOCK][LANES];
            REAL old[BLOCK][LANES];
            REAL v[BLOCK][LANES];
            REAL norm[BLOCK];
#pragma unroll
            for (int i = 0; i < BLOCK; i++)
            {
                int position = step * BLOCK + i;
                int variable = position < count ? order[position] : 0;
                norm[i] = ADJOINT && position < count ? norms[variable] : (REAL)0;
#pragma unroll
                for (int part = 0; part < LANES; part++)
                {
                    int k = part * 32 + lane;
                    bool counts = position < count && k < RANK;
                    size_t place = (size_t)variable * RANK + k;
                    g[i][part] = k < RANK ? force[i * RANK + k] : (REAL)0;
                    old[i][part] = counts ? vectors[place] : (REAL)0;
                    v[i][part] = ADJOINT && counts ? solution[place] : (REAL)0;
                }
            }

#pragma unroll
            for (int i = 0; i < BLOCK; i++)
            {
                REAL sum = 0;
#pragma unroll
                for (int part = 0; part < LANES; part++)
                {
                    sum += g[i][part] * (ADJOINT ? v[i][part] : g[i][part]);
                }

                sum = sumOverWarp(sum);
                REAL along = ADJOINT ? sum : (REAL)0;
                REAL inverse = ADJOINT ? (norm[i] == 0 ? (REAL)0 : 1 / norm[i]) : (sum == 0 ? (REAL)0 : inverseRoot(sum));
                REAL length = ADJOINT ? norm[i] : sum * inverse;
                int position = step * BLOCK + i;
                int variable = position < count ? order[position] : 0;
                REAL moves = 0;
                REAL lengths = 0;
#pragma unroll
                for (int part = 0; part < LANES; part++)
                {
                    // What no other variable holds stays where it is.
                    REAL result = inverse == 0 ? old[i][part] : (along * v[i][part] - g[i][part]) * inverse;
                    REAL difference = result - old[i][part];
#pragma unroll
                    for (int later = i + 1; later < BLOCK; later++)
                    {
                        g[later][part] += within[buffer][later * BLOCK + i] * difference;
                    }

                    int k = part * 32 + lane;
                    if (k < RANK)
                    {
                        moved[i * RANK + k] = result;
                        if (position < count)
                        {
                            vectors[(size_t)variable * RANK + k] = result;
                        }
                    }

                    moves += difference * difference;
                    lengths += result * result;
                }

                if (!ADJOINT && position < count && lane == 0)
                {
                    norms[variable] = length;
                }

                change += (double)(length * moves);
                size += (double)(length * lengths);
            }

            if (step == steps - 1)
            {
                change = sumOverWarpInDouble(change);
                size = sumOverWarpInDouble(size);
                double relative = size == 0 ? change : change / size;
                sweep++;
                if (lane == 0)
                {
                    readings[2 * row] = sweep;
                    readings[2 * row + 1] = relative;
                    isOver = relative <= tolerance || sweep >= maximumSweeps;
                }

                change = 0;
                size = 0;
            }
        }

        __syncthreads();
        for (int i = threadIdx.x; i < BLOCK * RANK; i += THREADS)
        {
            int target = i / RANK;
            int k = i % RANK;
            int position = next * BLOCK + target;
            REAL sum = position < count ? constants[(size_t)order[position] * RANK + k] : (REAL)0;
#pragma unroll
            for (int worker = 0; worker < WORKERS; worker++)
            {
                sum += partial[worker][i];
            }

#pragma unroll
            for (int j = 0; j < BLOCK; j++)
            {
                sum += across[target * BLOCK + j] * moved[j * RANK + k];
            }

            force[i] = sum;
        }

        buffer = 1 - buffer;
        __syncthreads();
    }
}
