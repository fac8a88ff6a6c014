// Sweeps of the mixing method. A block solves one row; W = V S^T, [RANK, CLAUSES], stays in the registers of its threads.
//
// REAL is the element type, VARIABLES, CLAUSES and RANK the sizes, RANK a multiple of RANKLANES; SLOTS the clauses of a thread,
// with RANKLANES * (THREADS / RANKLANES) * SLOTS >= RANKLANES * CLAUSES; ADJOINT is 1 for the adjoint's equations.

#define RANKLANES 16
#define PARTS (RANK / RANKLANES)
#define WARPS (THREADS / 32)
#define GROUPS (THREADS / RANKLANES)
#define CHUNKS ((RANK + 31) / 32)

__device__ REAL sumOverWarp(REAL value)
{
    for (int lane = 16; lane > 0; lane /= 2)
    {
        value += __shfl_xor_sync(0xffffffff, value, lane);
    }

    return value;
}

// A thread's weights of a variable: clauses group, group + GROUPS, ...
__device__ void loadWeights(const REAL* weights, int variable, int group, REAL* s)
{
    const REAL* row = weights + (size_t)variable * CLAUSES;
#pragma unroll
    for (int slot = 0; slot < SLOTS; slot++)
    {
        int clause = group + slot * GROUPS;
        s[slot] = clause < CLAUSES ? row[clause] : (REAL)0;
    }
}

// weights: [VARIABLES, CLAUSES]; squares: [VARIABLES]; isFree: [rows, VARIABLES]; vectors, solution, rightSide: [rows, VARIABLES, RANK];
// norms: [rows, VARIABLES]; readings: [rows, 2]. The last two inputs are those of the adjoint.
extern "C" __global__ void __launch_bounds__(THREADS) mix(
    const REAL* weights, const REAL* squares, const unsigned char* isFree, REAL* vectors, REAL* norms, double* readings,
    int maximumSweeps, double tolerance, const REAL* solution, const REAL* rightSide)
{
    __shared__ short order[VARIABLES];
    __shared__ int orderLength;
    __shared__ REAL partial[WARPS][RANK];
    __shared__ REAL delta[RANK];
    __shared__ int isOver;
    int group = threadIdx.x / RANKLANES;
    int rankLane = threadIdx.x % RANKLANES;
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    size_t row = blockIdx.x;
    isFree += row * VARIABLES;
    norms += row * VARIABLES;
    vectors += row * VARIABLES * RANK;
    solution += row * VARIABLES * RANK;
    rightSide += row * VARIABLES * RANK;

    REAL w[PARTS][SLOTS];
    REAL s[SLOTS];
#pragma unroll
    for (int part = 0; part < PARTS; part++)
    {
#pragma unroll
        for (int slot = 0; slot < SLOTS; slot++)
        {
            w[part][slot] = 0;
        }
    }

    if (threadIdx.x == 0)
    {
        int count = 0;
        for (int variable = 0; variable < VARIABLES; variable++)
        {
            if (isFree[variable])
            {
                order[count++] = (short)variable;
            }
        }

        orderLength = count;
        isOver = count == 0;
        readings[2 * row] = 0;
        readings[2 * row + 1] = 0;
    }

    if (!ADJOINT)
    {
        for (int variable = 0; variable < VARIABLES; variable++)
        {
            loadWeights(weights, variable, group, s);
#pragma unroll
            for (int part = 0; part < PARTS; part++)
            {
                REAL v = vectors[(size_t)variable * RANK + part * RANKLANES + rankLane];
#pragma unroll
                for (int slot = 0; slot < SLOTS; slot++)
                {
                    w[part][slot] += v * s[slot];
                }
            }
        }
    }

    __syncthreads();
    if (orderLength > 0)
    {
        loadWeights(weights, order[0], group, s);
    }

    for (int sweep = 0; sweep < maximumSweeps && !isOver; sweep++)
    {
        double change = 0;
        double size = 0;
        for (int i = 0; i < orderLength; i++)
        {
            int variable = order[i];
            REAL following[SLOTS];
            loadWeights(weights, order[i + 1 < orderLength ? i + 1 : 0], group, following);

            // What the first warp needs of the variable is on its way while the products are summed.
            REAL old[CHUNKS];
            REAL v[CHUNKS];
            REAL right[CHUNKS];
            REAL square = 0;
            REAL norm = 0;
            if (warp == 0)
            {
                square = squares[variable];
                norm = ADJOINT ? norms[variable] : (REAL)0;
#pragma unroll
                for (int chunk = 0; chunk < CHUNKS; chunk++)
                {
                    int k = chunk * 32 + lane;
                    size_t place = (size_t)variable * RANK + k;
                    old[chunk] = k < RANK ? vectors[place] : (REAL)0;
                    v[chunk] = ADJOINT && k < RANK ? solution[place] : (REAL)0;
                    right[chunk] = ADJOINT && k < RANK ? rightSide[place] : (REAL)0;
                }
            }

#pragma unroll
            for (int part = 0; part < PARTS; part++)
            {
                REAL sum = 0;
#pragma unroll
                for (int slot = 0; slot < SLOTS; slot++)
                {
                    sum += w[part][slot] * s[slot];
                }

                sum += __shfl_xor_sync(0xffffffff, sum, RANKLANES);
                if (lane < RANKLANES)
                {
                    partial[warp][part * RANKLANES + rankLane] = sum;
                }
            }

            __syncthreads();
            if (warp == 0)
            {
                REAL updated[CHUNKS];
                REAL length = 0;
                REAL along = 0;
#pragma unroll
                for (int chunk = 0; chunk < CHUNKS; chunk++)
                {
                    int k = chunk * 32 + lane;
                    REAL g = 0;
                    if (k < RANK)
                    {
#pragma unroll
                        for (int other = 0; other < WARPS; other++)
                        {
                            g += partial[other][k];
                        }
                    }

                    updated[chunk] = right[chunk] - (g - square * old[chunk]);
                    length += updated[chunk] * updated[chunk];
                    along += updated[chunk] * v[chunk];
                }

                if (ADJOINT)
                {
                    along = sumOverWarp(along);
                }
                else
                {
                    norm = sqrt(sumOverWarp(length));
                    if (lane == 0)
                    {
                        norms[variable] = norm;
                    }
                }

                REAL step = 0;
                length = 0;
#pragma unroll
                for (int chunk = 0; chunk < CHUNKS; chunk++)
                {
                    int k = chunk * 32 + lane;
                    REAL result = norm == 0 ? old[chunk] : (updated[chunk] - along * v[chunk]) / norm;
                    REAL difference = result - old[chunk];
                    if (k < RANK)
                    {
                        vectors[(size_t)variable * RANK + k] = result;
                        delta[k] = difference;
                    }

                    step += difference * difference;
                    length += result * result;
                }

                change += (double)norm * step;
                size += (double)norm * length;
            }

            __syncthreads();
#pragma unroll
            for (int part = 0; part < PARTS; part++)
            {
                REAL difference = delta[part * RANKLANES + rankLane];
#pragma unroll
                for (int slot = 0; slot < SLOTS; slot++)
                {
                    w[part][slot] += difference * s[slot];
                }
            }

#pragma unroll
            for (int slot = 0; slot < SLOTS; slot++)
            {
                s[slot] = following[slot];
            }
        }

        if (warp == 0)
        {
            for (int other = 16; other > 0; other /= 2)
            {
                change += __shfl_xor_sync(0xffffffff, change, other);
                size += __shfl_xor_sync(0xffffffff, size, other);
            }

            if (lane == 0)
            {
                double relative = size == 0 ? change : change / size;
                readings[2 * row] = sweep + 1;
                readings[2 * row + 1] = relative;
                isOver = relative <= tolerance;
            }
        }

        __syncthreads();
    }
}
