// One iteration of Anderson acceleration, one block a row. The same mathematics as AndersonRule and GramSystem.
//
// REAL is the element type of the state, MEMORY the number of iterates kept, THREADS the size of a block, a power of two.
// images, residuals: [MEMORY, rows, width], rings of f(z) and f(z) - z
// gram: [rows, MEMORY, MEMORY], inner products of the residuals
// next: [rows, width]
// squaredResidual: [rows]

__device__ bool solveWeights(const double* gram, int newest, int count, double ridge, double* weights)
{
    double factor[MEMORY][MEMORY];
    double scale[MEMORY];
    double unit = gram[newest * MEMORY + newest];
    for (int i = 0; i < count; i++)
    {
        scale[i] = sqrt(unit / gram[i * MEMORY + i]);
    }

    for (int j = 0; j < count; j++)
    {
        for (int i = j; i < count; i++)
        {
            double entry = i == j ? 1 + ridge : gram[i * MEMORY + j] / unit * scale[i] * scale[j];
            for (int k = 0; k < j; k++)
            {
                entry -= factor[i][k] * factor[j][k];
            }

            if (i == j && !(entry > 0))
            {
                return false;
            }

            factor[i][j] = i == j ? 1 / sqrt(entry) : entry * factor[j][j];
        }
    }

    for (int i = 0; i < count; i++)
    {
        double value = scale[i];
        for (int k = 0; k < i; k++)
        {
            value -= factor[i][k] * weights[k];
        }

        weights[i] = value * factor[i][i];
    }

    double sum = 0;
    for (int i = count - 1; i >= 0; i--)
    {
        double value = weights[i];
        for (int k = i + 1; k < count; k++)
        {
            value -= factor[k][i] * weights[k];
        }

        weights[i] = value * factor[i][i];
    }

    for (int i = 0; i < count; i++)
    {
        weights[i] *= scale[i];
        sum += weights[i];
    }

    for (int i = 0; i < count; i++)
    {
        weights[i] /= sum;
    }

    return sum > 0 && isfinite(sum);
}

extern "C" __global__ void anderson(
    const REAL* z, const REAL* f, REAL* images, REAL* residuals, double* gram, REAL* next, double* squaredResidual,
    int rows, int width, int slot, int count, double ridge, double mixing)
{
    __shared__ double partial[MEMORY][THREADS];
    __shared__ double weights[MEMORY];
    int row = blockIdx.x;
    int thread = threadIdx.x;
    size_t start = (size_t)row * width;
    size_t ring = (size_t)rows * width;
    double products[MEMORY] = {};
    for (int i = thread; i < width; i += THREADS)
    {
        REAL image = f[start + i];
        REAL residual = image - z[start + i];
        images[slot * ring + start + i] = image;
        residuals[slot * ring + start + i] = residual;
        for (int j = 0; j < count; j++)
        {
            products[j] += (double)residual * (double)residuals[j * ring + start + i];
        }
    }

    for (int j = 0; j < count; j++)
    {
        partial[j][thread] = products[j];
    }

    for (int half = THREADS / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (thread < half)
        {
            for (int j = 0; j < count; j++)
            {
                partial[j][thread] += partial[j][thread + half];
            }
        }
    }

    if (thread == 0)
    {
        double* matrix = gram + (size_t)row * MEMORY * MEMORY;
        for (int j = 0; j < count; j++)
        {
            matrix[slot * MEMORY + j] = partial[j][0];
            matrix[j * MEMORY + slot] = partial[j][0];
        }

        squaredResidual[row] = partial[slot][0];
        if (!solveWeights(matrix, slot, count, ridge, weights))
        {
            for (int j = 0; j < count; j++)
            {
                weights[j] = j == slot ? 1 : 0;
            }
        }
    }

    __syncthreads();
    for (int i = thread; i < width; i += THREADS)
    {
        double value = 0;
        for (int j = 0; j < count; j++)
        {
            value += weights[j] * ((double)images[j * ring + start + i] - (1 - mixing) * (double)residuals[j * ring + start + i]);
        }

        next[start + i] = (REAL)value;
    }
}
