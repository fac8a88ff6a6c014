// Products with the constraints of a row, and its reduced KKT system; see BatchedSystem and BatchedKkt. Comes after DenseFactor.cu.

struct Sizes
{
    int n, m, k, l;

    // Where the bounds of variables begin among the constraints; -1 where there are none.
    int lower, upper;
};

// Entry i of C x.
__device__ double constraint(const Sizes& size, const double* g, const double* x, int i)
{
    if (i < size.m)
    {
        return product(g + (size_t)i * size.n, x, 1, size.n);
    }

    return size.upper >= 0 && i >= size.upper ? x[i - size.upper] : -x[i - size.lower];
}

// Entry j of Cᵀ y.
__device__ double transposed(const Sizes& size, const double* g, const double* y, int j)
{
    double sum = product(g + j, y, size.n, size.m);
    sum -= size.lower >= 0 ? y[size.lower + j] : 0;
    return sum + (size.upper >= 0 ? y[size.upper + j] : 0);
}

// The factors of the reduced KKT system: of H, of the Schur complement of the equalities, and L⁻¹Aᵀ, [n, k].
struct Kkt
{
    Factor hessian, schur;
    double* halfSolved;
};

__device__ void factoriseKkt(const Kkt& kkt, const Sizes& size, const double* objective, const double* g, const double* a, const double* weights, double* partial)
{
    int across = threadIdx.x % 16, down = threadIdx.x / 16;
    __syncthreads();
    for (int i = down; i < size.n; i += THREADS / 16)
    {
        for (int j = across; j <= i; j += 16)
        {
            double sum = objective[(size_t)i * size.n + j];
            for (int r = 0; r < size.m; r++)
            {
                sum += weights[r] * g[(size_t)r * size.n + i] * g[(size_t)r * size.n + j];
            }

            if (i == j)
            {
                sum += size.lower >= 0 ? weights[size.lower + i] : 0;
                sum += size.upper >= 0 ? weights[size.upper + i] : 0;
            }

            kkt.hessian.entries[i * kkt.hessian.stride + j] = sum;
        }
    }

    factorise(kkt.hessian);
    if (size.k == 0)
    {
        return;
    }

    for (int c = threadIdx.x; c < size.k; c += THREADS)
    {
        for (int i = 0; i < size.n; i++)
        {
            double sum = a[(size_t)c * size.n + i] - product(kkt.halfSolved + c, kkt.hessian.entries + i * kkt.hessian.stride, size.k, i);
            kkt.halfSolved[i * size.k + c] = sum * kkt.hessian.inverseDiagonal[i];
        }
    }

    __syncthreads();
    double largest = 0;
    for (int i = down; i < size.k; i += THREADS / 16)
    {
        for (int j = across; j <= i; j += 16)
        {
            double sum = 0;
            for (int r = 0; r < size.n; r++)
            {
                sum += kkt.halfSolved[r * size.k + i] * kkt.halfSolved[r * size.k + j];
            }

            kkt.schur.entries[i * kkt.schur.stride + j] = sum;
            largest = i == j ? larger(largest, sum) : largest;
        }
    }

    largest = reduce(largest, partial, larger);
    for (int i = threadIdx.x; i < size.k; i += THREADS)
    {
        kkt.schur.entries[i * kkt.schur.stride + i] += largest * SCHUR_REGULARISATION;
    }

    factorise(kkt.schur);
}

// Solves for the right-hand sides in z and ν, in place.
__device__ void solveKkt(const Kkt& kkt, const Sizes& size, const double* a, double* z, double* nu)
{
    __syncthreads();
    if (size.k == 0)
    {
        solveForward(kkt.hessian, z);
        solveBackward(kkt.hessian, z);
        return;
    }

    for (int j = threadIdx.x; j < size.n; j += THREADS)
    {
        z[j] += product(a + j, nu, size.n, size.k);
    }

    solveForward(kkt.hessian, z);
    for (int i = threadIdx.x; i < size.k; i += THREADS)
    {
        nu[i] = product(kkt.halfSolved + i, z, size.k, size.n) - nu[i];
    }

    solveForward(kkt.schur, nu);
    solveBackward(kkt.schur, nu);
    for (int j = threadIdx.x; j < size.n; j += THREADS)
    {
        z[j] -= product(kkt.halfSolved + j * size.k, nu, 1, size.k);
    }

    solveBackward(kkt.hessian, z);
}
