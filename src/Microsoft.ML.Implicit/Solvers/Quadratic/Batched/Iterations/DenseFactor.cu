// Cholesky factors and sums over the threads of a block, THREADS in number.

struct Factor
{
    double* entries;
    double* inverseDiagonal;
    int order;

    // Odd, so that a column's entries lie in different banks of memory.
    int stride;
};

__device__ double add(double a, double b) { return a + b; }

// NaN where one is.
__device__ double larger(double a, double b) { return a > b || a != a ? a : b; }

template <typename Combine>
__device__ double reduce(double value, double* partial, Combine combine)
{
    for (int offset = 16; offset > 0; offset /= 2)
    {
        value = combine(value, __shfl_down_sync(0xffffffffu, value, offset));
    }

    __syncthreads();
    if (threadIdx.x % 32 == 0)
    {
        partial[threadIdx.x / 32] = value;
    }

    __syncthreads();
    value = partial[0];
    for (int i = 1; i < THREADS / 32; i++)
    {
        value = combine(value, partial[i]);
    }

    return value;
}

__device__ double product(const double* matrix, const double* x, int stride, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
    {
        sum += matrix[(size_t)i * stride] * x[i];
    }

    return sum;
}

// Cholesky's factor in place of a lower triangle. NaN where the matrix is not positive definite.
__device__ void factorise(const Factor& factor)
{
    double* h = factor.entries;
    int across = threadIdx.x % 16, down = threadIdx.x / 16;
    for (int j = 0; j < factor.order; j++)
    {
        __syncthreads();
        double inverse = 1 / sqrt(h[j * factor.stride + j]);
        if (threadIdx.x == 0)
        {
            factor.inverseDiagonal[j] = inverse;
        }

        for (int i = j + 1 + threadIdx.x; i < factor.order; i += THREADS)
        {
            h[i * factor.stride + j] *= inverse;
        }

        __syncthreads();
        for (int i = j + 1 + down; i < factor.order; i += THREADS / 16)
        {
            for (int c = j + 1 + across; c <= i; c += 16)
            {
                h[i * factor.stride + c] -= h[i * factor.stride + j] * h[c * factor.stride + j];
            }
        }
    }

    __syncthreads();
}

// v becomes L⁻¹ v. Entries are divided by the diagonal at the end, so that a column takes one barrier.
__device__ void solveForward(const Factor& factor, double* v)
{
    for (int j = 0; j < factor.order - 1; j++)
    {
        __syncthreads();
        double value = v[j] * factor.inverseDiagonal[j];
        for (int i = j + 1 + threadIdx.x; i < factor.order; i += THREADS)
        {
            v[i] -= factor.entries[i * factor.stride + j] * value;
        }
    }

    __syncthreads();
    for (int i = threadIdx.x; i < factor.order; i += THREADS)
    {
        v[i] *= factor.inverseDiagonal[i];
    }

    __syncthreads();
}

// v becomes L⁻ᵀ v.
__device__ void solveBackward(const Factor& factor, double* v)
{
    for (int j = factor.order - 1; j > 0; j--)
    {
        __syncthreads();
        double value = v[j] * factor.inverseDiagonal[j];
        for (int i = threadIdx.x; i < j; i += THREADS)
        {
            v[i] -= factor.entries[j * factor.stride + i] * value;
        }
    }

    __syncthreads();
    for (int i = threadIdx.x; i < factor.order; i += THREADS)
    {
        v[i] *= factor.inverseDiagonal[i];
    }

    __syncthreads();
}
