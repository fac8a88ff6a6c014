// Mehrotra's predictor-corrector method from start to end, one block a row. The same mathematics as BatchedInteriorPoint, BatchedNewton and BatchedKkt, which
// say more, with triangular solves where those multiply by inverse factors.
//
// THREADS is the size of a block, a multiple of 32.
// matrices: Q, G and A one below the other, [n + m + k, n] or [rows, n + m + k, n]; objective: κ Q + AᵀA + ρ I, [n, n] or [rows, n, n]. Strides lead from one row's to the next.
// p: [rows, n]; b: [rows, k]; curvature: κ, [rows]; d, active: [rows, L] for L = m + the bounds of variables, lower ones first
// isUnsolvable: [rows]
// x: [rows, 2 L + n + k], s, λ, z and ν: the start, then the end
// steps, isConverged: [rows]

struct Sizes
{
    int n, m, k, l;

    // Where the bounds of variables begin among the constraints; -1 where there are none.
    int lower, upper;
};

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

// Values of one row side by side.
struct Iterate
{
    double *s, *lambda, *z, *nu;

    __device__ Iterate(double* packed, const Sizes& size)
        : s(packed), lambda(packed + size.l), z(packed + 2 * size.l), nu(packed + 2 * size.l + size.n)
    {
    }
};

extern "C" __global__ void interiorPoint(
    const double* matrices, const double* objectives, const double* p, const double* b, const double* d, const double* active, const double* curvatures,
    const bool* isUnsolvable, double* x, double* steps, bool* isConverged, long long matrixStride, long long objectiveStride,
    int n, int m, int k, int lower, int upper, int maximumSteps, double tolerance, double gapTolerance)
{
    extern __shared__ double memory[];
    __shared__ double partial[THREADS / 32];
    int l = m + (lower ? n : 0) + (upper ? n : 0), width = 2 * l + n + k;
    Sizes size = {n, m, k, l, lower ? m : -1, upper ? l - n : -1};
    int row = blockIdx.x, thread = threadIdx.x;
    const double *q = matrices + row * matrixStride, *g = q + (size_t)n * n, *a = g + (size_t)m * n, *objective = objectives + row * objectiveStride;
    double curvature = curvatures[row];
    p += (size_t)row * n;
    b += (size_t)row * k;
    d += (size_t)row * l;
    active += (size_t)row * l;
    x += (size_t)row * width;

    double* free = memory;
    auto take = [&free](int count) { double* start = free; free += count; return start; };
    double *current = take(width), *step = take(width), *correction = take(n + k);
    double *stationarity = take(n), *inequality = take(l), *equality = take(k);
    double *inverse = take(l), *weights = take(l), *shift = take(l);
    Factor hessian = {take(n * (n | 1)), take(n), n, n | 1};
    Factor schur = {take(k * (k | 1)), take(k), k, k | 1};
    Kkt kkt = {hessian, schur, take(n * k)};
    Iterate at(current, size), by(step, size);

    double count = 0;
    for (int i = thread; i < width; i += THREADS)
    {
        current[i] = x[i];
    }

    for (int i = thread; i < l; i += THREADS)
    {
        count += active[i];
    }

    double inverseCount = 1 / fmax(reduce(count, partial, add), 1.0);

    // Takes off the step's s, and sets its λ, what follows from its z.
    auto follow = [&]() {
        __syncthreads();
        for (int i = thread; i < l; i += THREADS)
        {
            double value = active[i] * constraint(size, g, by.z, i);
            by.s[i] = inequality[i] - value;
            by.lambda[i] = shift[i] + weights[i] * value;
        }

        __syncthreads();
    };

    auto takeStep = [&](bool refine) {
        __syncthreads();
        for (int j = thread; j < n; j += THREADS)
        {
            by.z[j] = stationarity[j] - transposed(size, g, shift, j);
        }

        for (int i = thread; i < k; i += THREADS)
        {
            by.nu[i] = equality[i];
        }

        solveKkt(kkt, size, a, by.z, by.nu);
        follow();
        if (!refine)
        {
            return;
        }

        for (int j = thread; j < n; j += THREADS)
        {
            double left = stationarity[j] - curvature * product(q + j, by.z, n, n) - transposed(size, g, by.lambda, j);
            correction[j] = left - product(a + j, by.nu, n, k);
        }

        for (int i = thread; i < k; i += THREADS)
        {
            correction[n + i] = equality[i] - product(a + (size_t)i * n, by.z, 1, n);
        }

        solveKkt(kkt, size, a, correction, correction + n);
        for (int i = thread; i < n + k; i += THREADS)
        {
            by.z[i] += correction[i];
        }

        follow();
    };

    // The inverse of the distance to the boundary.
    auto rate = [&]() {
        double largest = 0;
        for (int i = thread; i < l; i += THREADS)
        {
            largest = larger(largest, larger(by.s[i] / at.s[i], by.lambda[i] / (at.lambda[i] + (1 - active[i]))));
        }

        return reduce(largest, partial, larger);
    };

    bool converged = false;
    int taken = 0, separating = 0;
    for (; ; taken++)
    {
        double quadratic = 0, linear = 0, linearSum = 0, gap = 0, residual = 0, magnitude = 0, reach = 0, cost = 0, unclear = 0;
        __syncthreads();
        for (int j = thread; j < n; j += THREADS)
        {
            double qz = curvature * product(q + j, at.z, n, n), pull = transposed(size, g, at.lambda, j) + product(a + j, at.nu, n, k), left = qz + p[j] + pull;
            stationarity[j] = left;
            quadratic += 0.5 * qz * at.z[j];
            linearSum += p[j] * at.z[j];
            linear += fabs(p[j] * at.z[j]);
            residual = larger(residual, fabs(left));
            magnitude = larger(magnitude, larger(fabs(pull), larger(fabs(qz), fabs(p[j]))));
            reach = larger(reach, fabs(at.z[j]));
            cost += fabs(left * at.z[j]);
        }

        for (int i = thread; i < l; i += THREADS)
        {
            double s = at.s[i], lambda = at.lambda[i];
            inequality[i] = active[i] * constraint(size, g, at.z, i) + s - d[i];
            gap += s * lambda;
            cost += fabs(inequality[i] * lambda);
            unclear = larger(unclear, larger(s, lambda) * SEPARATION < fmin(s, lambda) ? 1 : 0);
        }

        for (int i = thread; i < k; i += THREADS)
        {
            equality[i] = product(a + (size_t)i * n, at.z, 1, n) - b[i];
            cost += fabs(equality[i] * at.nu[i]);
        }

        gap = reduce(gap, partial, add);
        quadratic = reduce(quadratic, partial, add);
        linear = reduce(linear, partial, add);
        linearSum = reduce(linearSum, partial, add);
        double scale = fmax(fmax(fmax(quadratic, fabs(linearSum)), linear * GAP_ROUNDING), SMALLEST_SCALE);
        if (gap / scale <= gapTolerance)
        {
            residual = reduce(residual, partial, larger) / fmax(reduce(magnitude, partial, larger), SMALLEST_SCALE);
            reach = fmax(reduce(reach, partial, larger), SMALLEST_SCALE);
            double violation = 0;
            for (int i = thread; i < l; i += THREADS)
            {
                violation = larger(violation, fabs(inequality[i]) / fmax(fabs(d[i]), reach));
            }

            for (int i = thread; i < k; i += THREADS)
            {
                violation = larger(violation, fabs(equality[i]) / fmax(fabs(b[i]), reach));
            }

            violation = reduce(violation, partial, larger);
            cost = reduce(cost, partial, add) / fmax(fmax(quadratic, linear), SMALLEST_COST) * RESIDUAL_COST_WEIGHT;
            unclear = reduce(unclear, partial, larger);
            converged = violation <= tolerance && residual <= tolerance && cost <= gapTolerance;
            if (converged && (unclear == 0 || separating++ >= MAXIMUM_SEPARATING_STEPS))
            {
                break;
            }
        }
        else
        {
            converged = false;
        }

        // A row whose gap is not a number stays so.
        if (taken == maximumSteps || isUnsolvable[row] || gap != gap)
        {
            break;
        }

        for (int i = thread; i < l; i += THREADS)
        {
            inverse[i] = active[i] / (at.s[i] + at.lambda[i] * REGULARISATION);
            weights[i] = at.lambda[i] * inverse[i];
            shift[i] = at.lambda[i] * (at.s[i] - inequality[i]) * inverse[i];
        }

        factoriseKkt(kkt, size, objective, g, a, weights, partial);
        double length = 1;
        if (l > 0)
        {
            takeStep(false);
            double affine = 1 / fmax(rate(), 1.0), left = 0, mu = gap * inverseCount;
            for (int i = thread; i < l; i += THREADS)
            {
                left += (at.s[i] - affine * by.s[i]) * (at.lambda[i] - affine * by.lambda[i]);
            }

            double ratio = fmin(fmax(reduce(left, partial, add) / gap, 0.0), 1.0), centring = ratio * ratio * ratio * mu;
            for (int i = thread; i < l; i += THREADS)
            {
                shift[i] += inverse[i] * (by.s[i] * by.lambda[i] - centring);
            }
        }

        takeStep(true);
        if (l > 0)
        {
            double share = fmax(1 - gap * inverseCount, BACK_OFF);
            length = share / fmax(rate(), share);
        }

        __syncthreads();
        for (int i = thread; i < width; i += THREADS)
        {
            current[i] -= length * step[i];
        }
    }

    for (int i = thread; i < width; i += THREADS)
    {
        x[i] = current[i];
    }

    if (thread == 0)
    {
        steps[row] = taken;
        isConverged[row] = converged;
    }
}
