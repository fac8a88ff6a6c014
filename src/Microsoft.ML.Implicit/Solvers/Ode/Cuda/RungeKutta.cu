// A step of an explicit Runge-Kutta method. Each block takes ROWS rows through all stages; blocks share the error norm alone.
//
// REAL is the element type of the state, DIMENSION the width of a row, STAGES the number of stages of the tableau,
// THREADS the size of a block, a power of two, RECORD the number of REALs that an evaluation leaves behind.
// Needs: void evaluate(const REAL* parameters, REAL time, const REAL* point, REAL* slope, REAL* record)
//        with point, slope: [ROWS, DIMENSION] in shared memory; all threads call it, and it ends with a barrier.

__device__ double sumOverBlock(double value)
{
    __shared__ double partial[THREADS];
    __syncthreads();
    partial[threadIdx.x] = value;
    for (int half = THREADS / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (threadIdx.x < half)
        {
            partial[threadIdx.x] += partial[threadIdx.x + half];
        }
    }

    __syncthreads();
    return partial[0];
}

__device__ REAL combine(const REAL* weights, const REAL* stages, size_t stride, int count)
{
    REAL sum = 0;
    for (int j = 0; j < count; j++)
    {
        sum += weights[j] * stages[j * stride];
    }

    return sum;
}

// Evaluates the stages from `first` up to `last` and the state at the end of the step.
// state, trial: [rows, DIMENSION]; stages: [STAGES, rows, DIMENSION]; a: [STAGES, STAGES]; c: [STAGES]
// squaredErrors: [2, blocks], sums of squares of both scaled error estimates; a weight count of zero leaves one out.
extern "C" __global__ void rungeKuttaStep(
    const REAL* parameters, const REAL* state, REAL* stages, REAL* trial, double* squaredErrors,
    const REAL* a, const double* c, const REAL* errorWeights, const REAL* correctionWeights, int errorCount, int correctionCount,
    int rows, int first, int last, int endStage, double time, double size, double relativeTolerance, double absoluteTolerance)
{
    __shared__ REAL point[ROWS * DIMENSION];
    __shared__ REAL slope[ROWS * DIMENSION];
    __shared__ REAL record[RECORD];
    size_t offset = (size_t)blockIdx.x * ROWS * DIMENSION;
    size_t stride = (size_t)rows * DIMENSION;
    int count = min(ROWS, rows - (int)blockIdx.x * ROWS) * DIMENSION;
    for (int i = first; i < last || i <= endStage; i++)
    {
        for (int e = threadIdx.x; e < ROWS * DIMENSION; e += THREADS)
        {
            REAL value = 0;
            if (e < count)
            {
                value = state[offset + e] + (REAL)size * combine(a + i * STAGES, stages + offset + e, stride, i);
                if (i == endStage)
                {
                    trial[offset + e] = value;
                }
            }

            point[e] = value;
        }

        if (i >= last)
        {
            break;
        }

        __syncthreads();
        evaluate(parameters, (REAL)(time + c[i] * size), point, slope, record);
        for (int e = threadIdx.x; e < count; e += THREADS)
        {
            stages[i * stride + offset + e] = slope[e];
        }
    }

    double error = 0;
    double correction = 0;
    if (errorCount > 0)
    {
        for (int e = threadIdx.x; e < count; e += THREADS)
        {
            REAL magnitude = max(fabs(state[offset + e]), fabs(trial[offset + e]));
            REAL scale = (REAL)absoluteTolerance + (REAL)relativeTolerance * magnitude;
            double scaledError = combine(errorWeights, stages + offset + e, stride, errorCount) / scale;
            double scaledCorrection = combine(correctionWeights, stages + offset + e, stride, correctionCount) / scale;
            error += scaledError * scaledError;
            correction += scaledCorrection * scaledCorrection;
        }

        error = sumOverBlock(error);
        correction = sumOverBlock(correction);
        if (threadIdx.x == 0)
        {
            squaredErrors[blockIdx.x] = error;
            squaredErrors[gridDim.x + blockIdx.x] = correction;
        }
    }
}
