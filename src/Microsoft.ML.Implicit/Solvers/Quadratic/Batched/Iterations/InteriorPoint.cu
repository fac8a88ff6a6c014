// Mehrotra's predictor-corrector method from start to end, one block a row. The same mathematics as BatchedInteriorPoint, BatchedNewton and BatchedKkt, which
// say more, with triangular solves where those multiply by inverse factors.
//
// Comes after ReducedKkt.cu. THREADS is the size of a block, a multiple of 32.
// matrices: Q, G and A one below the other, [n + m + k, n] or [rows, n + m + k, n]; objective: κ Q + AᵀA + ρ I, [n, n] or [rows, n, n]. Strides lead from one row's to the next.
// p: [rows, n]; b: [rows, k]; curvature: κ, [rows]; d, active: [rows, L] for L = m + the bounds of variables, lower ones first
// isUnsolvable: [rows]
// x: [rows, 2 L + n + k], s, λ, z and ν: the start, then the end
// steps, isConverged: [rows]

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
