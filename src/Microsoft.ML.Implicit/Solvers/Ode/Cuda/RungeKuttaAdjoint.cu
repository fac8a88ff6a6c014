// The adjoint of a step of an explicit Runge-Kutta method: forward through the stages with their records, then in reverse.
// The same mathematics as RungeKuttaAdjointStep, for a tile of ROWS rows a block.
//
// Needs beside `evaluate`, whose last argument is here a record of RECORD numbers:
// void pullback(const REAL* parameters, REAL time, const REAL* point, const REAL* record, const REAL* cotangent, REAL* result, REAL* gradient, REAL* scratch)
// with PARAMETERS numbers of gradient, and ADJOINT_SCRATCH numbers of shared memory.

constexpr int Tile = ROWS * DIMENSION;

// What a block keeps of a step in global memory.
struct Workspace
{
    REAL points[STAGES][Tile];
    REAL stages[STAGES][Tile];
    REAL cotangents[STAGES][Tile];
    REAL records[STAGES][RECORD];
};

// sum a[j, stage] size * cotangents[j] over the stages after it, and what outputs inside the step add.
__device__ REAL gather(const Workspace& work, const REAL* a, REAL size, int stage, int count, const REAL* outputWeights, const REAL* outputs, int outputCount, size_t stride, int e)
{
    REAL sum = 0;
    for (int j = stage + 1; j < count; j++)
    {
        sum += a[j * STAGES + stage] * work.cotangents[j][e];
    }

    sum *= size;
    for (int m = 0; m < outputCount; m++)
    {
        sum += outputWeights[m * STAGES + stage] * outputs[m * stride + e];
    }

    return sum;
}

// state: [rows, DIMENSION] at the step's start. adjoint, firstCotangent: [rows, DIMENSION], updated.
// outputs: [outputCount (+ 1 where endsWithOutput), rows, DIMENSION]; outputWeights: [outputCount, STAGES], the weights of the dense output.
// count: stages to evaluate. gradients: [blocks, PARAMETERS].
extern "C" __global__ void rungeKuttaAdjoint(
    const REAL* parameters, const REAL* state, REAL* adjoint, REAL* firstCotangent, REAL* gradients, Workspace* workspaces,
    const REAL* a, const double* c, const REAL* outputWeights, const REAL* outputs, int outputCount, int endsWithOutput,
    int rows, int count, int endStage, int hasFirst, double time, double size)
{
    __shared__ REAL point[Tile];
    __shared__ REAL result[Tile];
    __shared__ REAL gathered[Tile];
    __shared__ REAL scratch[ADJOINT_SCRATCH];
    Workspace& work = workspaces[blockIdx.x];
    REAL* gradient = gradients + (size_t)blockIdx.x * PARAMETERS;
    size_t offset = (size_t)blockIdx.x * Tile;
    size_t stride = (size_t)rows * DIMENSION;
    int valid = min(ROWS, rows - (int)blockIdx.x * ROWS) * DIMENSION;
    int total = max(count, endStage + 1);
    for (int i = 0; i < count; i++)
    {
        for (int e = threadIdx.x; e < Tile; e += THREADS)
        {
            REAL value = 0;
            for (int j = 0; j < i; j++)
            {
                value += a[i * STAGES + j] * work.stages[j][e];
            }

            point[e] = work.points[i][e] = e < valid ? state[offset + e] + (REAL)size * value : 0;
        }

        __syncthreads();
        evaluate(parameters, (REAL)(time + c[i] * size), point, result, work.records[i]);
        for (int e = threadIdx.x; e < Tile; e += THREADS)
        {
            work.stages[i][e] = result[e];
        }
    }

    for (int i = count - 1; i >= endStage; i--)
    {
        for (int e = threadIdx.x; e < Tile; e += THREADS)
        {
            REAL first = i == endStage && hasFirst && e < valid ? firstCotangent[offset + e] : 0;
            gathered[e] = e < valid ? first + gather(work, a, (REAL)size, i, total, outputWeights, outputs + offset, outputCount, stride, e) : 0;
        }

        __syncthreads();
        pullback(parameters, (REAL)(time + c[i] * size), work.points[i], work.records[i], gathered, result, gradient, scratch);
        for (int e = threadIdx.x; e < Tile; e += THREADS)
        {
            work.cotangents[i][e] = result[e];
        }
    }

    for (int e = threadIdx.x; e < valid; e += THREADS)
    {
        REAL value = adjoint[offset + e] + (endsWithOutput ? outputs[outputCount * stride + offset + e] : 0);
        work.cotangents[endStage][e] = value + (count > endStage ? work.cotangents[endStage][e] : 0);
    }

    for (int i = endStage - 1; i >= 0; i--)
    {
        for (int e = threadIdx.x; e < Tile; e += THREADS)
        {
            gathered[e] = e < valid ? gather(work, a, (REAL)size, i, total, outputWeights, outputs + offset, outputCount, stride, e) : 0;
        }

        if (i == 0)
        {
            break;
        }

        __syncthreads();
        pullback(parameters, (REAL)(time + c[i] * size), work.points[i], work.records[i], gathered, result, gradient, scratch);
        for (int e = threadIdx.x; e < Tile; e += THREADS)
        {
            work.cotangents[i][e] = result[e];
        }
    }

    for (int e = threadIdx.x; e < valid; e += THREADS)
    {
        REAL sum = 0;
        for (int j = 1; j < total; j++)
        {
            sum += work.cotangents[j][e];
        }

        for (int m = 0; m < outputCount; m++)
        {
            sum += outputs[m * stride + offset + e];
        }

        adjoint[offset + e] = sum;
        firstCotangent[offset + e] = gathered[e];
    }
}

// Adds what flows through the first stage of the first step: state and time are those of its start.
extern "C" __global__ void finishAdjoint(
    const REAL* parameters, const REAL* state, REAL* adjoint, const REAL* firstCotangent, REAL* gradients, Workspace* workspaces, int rows, double time)
{
    __shared__ REAL point[Tile];
    __shared__ REAL result[Tile];
    __shared__ REAL cotangent[Tile];
    __shared__ REAL scratch[ADJOINT_SCRATCH];
    Workspace& work = workspaces[blockIdx.x];
    size_t offset = (size_t)blockIdx.x * Tile;
    int valid = min(ROWS, rows - (int)blockIdx.x * ROWS) * DIMENSION;
    for (int e = threadIdx.x; e < Tile; e += THREADS)
    {
        point[e] = e < valid ? state[offset + e] : 0;
        cotangent[e] = e < valid ? firstCotangent[offset + e] : 0;
    }

    __syncthreads();
    evaluate(parameters, (REAL)time, point, result, work.records[0]);
    pullback(parameters, (REAL)time, point, work.records[0], cotangent, result, gradients + (size_t)blockIdx.x * PARAMETERS, scratch);
    for (int e = threadIdx.x; e < valid; e += THREADS)
    {
        adjoint[offset + e] += result[e];
    }
}
