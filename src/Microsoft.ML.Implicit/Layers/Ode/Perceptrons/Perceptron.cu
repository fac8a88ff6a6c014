// A multilayer perceptron f(t, z) as right-hand side of an ODE, on a tile of ROWS rows: its value, Jacobian products along
// given directions, what a flow integrates along with the state, and the reverse sweep through all of these.
//
// WIDTHS are the widths from the input to the output, LAYERS their number less one, TIME is 1 where time is one more input
// of the first layer, SOFTPLUS is 1 for softplus, 0 for tanh. A row of the state is z, then the divergence if DIVERGENCE is 1,
// then the penalty KINETIC |f|^2 + JACOBIAN sum |df/dz e|^2 if PENALTY is 1.
// DIRECTIONS is the number of directions e of each row; those from TRACE_BEGIN to TRACE_END give the divergence as
// sum e . df/dz e, those from JACOBIAN_BEGIN to JACOBIAN_END the penalty.
//
// parameters: for each layer its weight [inputs, outputs], its weight of time where it has one, and its bias; then each
// layer's weight transposed; then the directions [rows, DIRECTIONS, z], padded to whole tiles.
// record: for each layer its values, its tangents and its tangents after the activation, see `Part`.

constexpr int Widths[] = {WIDTHS};
constexpr int Inner = Widths[0];

// Rows that share each weight a thread reads.
constexpr int Group = ROWS < 4 ? ROWS : 4;

__host__ __device__ constexpr int parametersBefore(int layer)
{
    int count = 0;
    for (int i = 0; i < layer; i++)
    {
        count += (Widths[i] + 1 + (TIME && i == 0 ? 1 : 0)) * Widths[i + 1];
    }

    return count;
}

__host__ __device__ constexpr int transposedBefore(int layer)
{
    int count = parametersBefore(LAYERS);
    for (int i = 0; i < layer; i++)
    {
        count += Widths[i] * Widths[i + 1];
    }

    return count;
}

__host__ __device__ constexpr int recordBefore(int layer)
{
    int count = 0;
    for (int i = 0; i < layer; i++)
    {
        count += ROWS * (1 + 2 * DIRECTIONS) * Widths[i + 1];
    }

    return count;
}

// Where a layer's values lie (part 0), the tangents of direction k (1 + 2k), and those after the activation (2 + 2k).
__device__ int part(int layer, int index)
{
    return recordBefore(layer) + index * ROWS * Widths[layer + 1];
}

__device__ REAL activate(REAL value)
{
    return SOFTPLUS ? (value > 20 ? value : log1p(exp(value))) : tanh(value);
}

// The derivatives follow from the activation's value.
__device__ REAL derivative(REAL value)
{
    return SOFTPLUS ? -expm1(-value) : 1 - value * value;
}

__device__ REAL secondDerivative(REAL value, REAL slope)
{
    return SOFTPLUS ? slope * (1 - slope) : -2 * value * slope;
}

__device__ const REAL* directionsOf(const REAL* parameters)
{
    return parameters + transposedBefore(LAYERS) + (size_t)blockIdx.x * ROWS * DIRECTIONS * Inner;
}

// sums[r] += input[r] . weight[:, column] for a group of rows.
__device__ void addProducts(REAL* sums, const REAL* input, int stride, const REAL* weight, int inputs, int outputs, int column)
{
    #pragma unroll 8
    for (int k = 0; k < inputs; k++)
    {
        REAL factor = weight[k * outputs + column];
        for (int r = 0; r < Group; r++)
        {
            sums[r] += input[r * stride + k] * factor;
        }
    }
}

// point, slope: [ROWS, DIMENSION]. All threads call it; it ends with a barrier.
__device__ void evaluate(const REAL* parameters, REAL time, const REAL* point, REAL* slope, REAL* record)
{
    const REAL* directions = directionsOf(parameters);
    #pragma unroll
    for (int layer = 0; layer < LAYERS; layer++)
    {
        int inputs = Widths[layer];
        int outputs = Widths[layer + 1];
        bool isLast = layer + 1 == LAYERS;
        const REAL* weight = parameters + parametersBefore(layer);
        const REAL* bias = parameters + parametersBefore(layer + 1) - outputs;
        const REAL* input = layer == 0 ? point : record + part(layer - 1, 0);
        int stride = layer == 0 ? DIMENSION : inputs;
        for (int item = threadIdx.x; item < ROWS / Group * outputs; item += THREADS)
        {
            int column = item % outputs;
            int row = item / outputs * Group;
            REAL sums[Group];
            REAL slopes[Group];
            for (int r = 0; r < Group; r++)
            {
                sums[r] = bias[column] + (TIME && layer == 0 ? time * weight[inputs * outputs + column] : 0);
            }

            addProducts(sums, input + row * stride, stride, weight, inputs, outputs, column);
            for (int r = 0; r < Group; r++)
            {
                REAL value = isLast ? sums[r] : activate(sums[r]);
                slopes[r] = isLast ? 1 : derivative(value);
                record[part(layer, 0) + (row + r) * outputs + column] = value;
            }

            for (int k = 0; k < DIRECTIONS; k++)
            {
                const REAL* tangents = layer == 0 ? directions + (row * DIRECTIONS + k) * Inner : record + part(layer - 1, 2 + 2 * k) + row * inputs;
                for (int r = 0; r < Group; r++)
                {
                    sums[r] = 0;
                }

                addProducts(sums, tangents, layer == 0 ? DIRECTIONS * Inner : inputs, weight, inputs, outputs, column);
                for (int r = 0; r < Group; r++)
                {
                    record[part(layer, 1 + 2 * k) + (row + r) * outputs + column] = sums[r];
                    record[part(layer, 2 + 2 * k) + (row + r) * outputs + column] = sums[r] * slopes[r];
                }
            }
        }

        __syncthreads();
    }

    const REAL* values = record + part(LAYERS - 1, 0);
    for (int row = threadIdx.x; row < ROWS; row += THREADS)
    {
        REAL divergence = 0;
        REAL penalty = 0;
        for (int d = 0; d < Inner; d++)
        {
            REAL value = values[row * Inner + d];
            slope[row * DIMENSION + d] = value;
            penalty += (REAL)KINETIC * value * value;
            for (int k = TRACE_BEGIN; k < TRACE_END; k++)
            {
                divergence += directions[(row * DIRECTIONS + k) * Inner + d] * record[part(LAYERS - 1, 1 + 2 * k) + row * Inner + d];
            }

            for (int k = JACOBIAN_BEGIN; k < JACOBIAN_END; k++)
            {
                REAL tangent = record[part(LAYERS - 1, 1 + 2 * k) + row * Inner + d];
                penalty += (REAL)JACOBIAN * tangent * tangent;
            }
        }

        if (DIVERGENCE)
        {
            slope[row * DIMENSION + Inner] = divergence;
        }

        if (PENALTY)
        {
            slope[row * DIMENSION + Inner + DIVERGENCE] = penalty;
        }
    }

    __syncthreads();
}

// cotangent, result: [ROWS, DIMENSION], cotangents of rows past the batch are zero; gradient: the parameters' gradient of
// this block, added to; scratch: [2, 1 + DIRECTIONS, ROWS, WIDEST]. All threads call it; it ends with a barrier.
__device__ void pullback(const REAL* parameters, REAL time, const REAL* point, const REAL* record, const REAL* cotangent, REAL* result, REAL* gradient, REAL* scratch)
{
    const REAL* directions = directionsOf(parameters);
    constexpr int Half = (1 + DIRECTIONS) * ROWS * WIDEST;
    for (int item = threadIdx.x; item < ROWS * Inner; item += THREADS)
    {
        int row = item / Inner;
        int d = item % Inner;
        REAL ofDivergence = DIVERGENCE ? cotangent[row * DIMENSION + Inner] : 0;
        REAL ofPenalty = PENALTY ? cotangent[row * DIMENSION + Inner + DIVERGENCE] : 0;
        scratch[item] = cotangent[row * DIMENSION + d] + 2 * (REAL)KINETIC * ofPenalty * record[part(LAYERS - 1, 0) + item];
        for (int k = 0; k < DIRECTIONS; k++)
        {
            REAL value = 0;
            if (k >= TRACE_BEGIN && k < TRACE_END)
            {
                value += ofDivergence * directions[(row * DIRECTIONS + k) * Inner + d];
            }

            if (k >= JACOBIAN_BEGIN && k < JACOBIAN_END)
            {
                value += 2 * (REAL)JACOBIAN * ofPenalty * record[part(LAYERS - 1, 1 + 2 * k) + item];
            }

            scratch[(1 + k) * ROWS * WIDEST + item] = value;
        }
    }

    __syncthreads();
    #pragma unroll
    for (int layer = LAYERS - 1; layer >= 0; layer--)
    {
        int inputs = Widths[layer];
        int outputs = Widths[layer + 1];
        REAL* current = scratch + (LAYERS - 1 - layer) % 2 * Half;
        REAL* next = scratch + (LAYERS - layer) % 2 * Half;
        if (layer + 1 < LAYERS)
        {
            for (int item = threadIdx.x; item < ROWS * outputs; item += THREADS)
            {
                REAL value = record[part(layer, 0) + item];
                REAL slope = derivative(value);
                REAL ofSlope = 0;
                for (int k = 0; k < DIRECTIONS; k++)
                {
                    REAL* tangent = current + (1 + k) * ROWS * WIDEST + item;
                    ofSlope += *tangent * record[part(layer, 1 + 2 * k) + item];
                    *tangent *= slope;
                }

                current[item] = current[item] * slope + ofSlope * secondDerivative(value, slope);
            }

            __syncthreads();
        }

        const REAL* input = layer == 0 ? point : record + part(layer - 1, 0);
        int stride = layer == 0 ? DIMENSION : inputs;
        REAL* weightGradient = gradient + parametersBefore(layer);
        for (int item = threadIdx.x; item < inputs * outputs; item += THREADS)
        {
            int column = item % outputs;
            int k = item / outputs;
            REAL sum = 0;
            for (int row = 0; row < ROWS; row++)
            {
                sum += input[row * stride + k] * current[row * outputs + column];
                for (int e = 0; e < DIRECTIONS; e++)
                {
                    REAL tangent = layer == 0 ? directions[(row * DIRECTIONS + e) * Inner + k] : record[part(layer - 1, 2 + 2 * e) + row * inputs + k];
                    sum += tangent * current[(1 + e) * ROWS * WIDEST + row * outputs + column];
                }
            }

            weightGradient[item] += sum;
        }

        REAL* biasGradient = gradient + parametersBefore(layer + 1) - outputs;
        for (int column = threadIdx.x; column < outputs; column += THREADS)
        {
            REAL sum = 0;
            for (int row = 0; row < ROWS; row++)
            {
                sum += current[row * outputs + column];
            }

            biasGradient[column] += sum;
            if (TIME && layer == 0)
            {
                weightGradient[inputs * outputs + column] += time * sum;
            }
        }

        const REAL* transposed = parameters + transposedBefore(layer);
        int parts = layer == 0 ? 1 : 1 + DIRECTIONS;
        for (int item = threadIdx.x; item < parts * (ROWS / Group) * inputs; item += THREADS)
        {
            int column = item % inputs;
            int row = item / inputs % (ROWS / Group) * Group;
            int index = item / inputs / (ROWS / Group);
            REAL sums[Group] = {};
            addProducts(sums, current + index * ROWS * WIDEST + row * outputs, outputs, transposed, outputs, inputs, column);
            for (int r = 0; r < Group; r++)
            {
                if (layer == 0)
                {
                    result[(row + r) * DIMENSION + column] = sums[r];
                }
                else
                {
                    next[index * ROWS * WIDEST + (row + r) * inputs + column] = sums[r];
                }
            }
        }

        __syncthreads();
    }

    for (int row = threadIdx.x; row < ROWS; row += THREADS)
    {
        for (int d = Inner; d < DIMENSION; d++)
        {
            result[row * DIMENSION + d] = 0;
        }
    }

    __syncthreads();
}
