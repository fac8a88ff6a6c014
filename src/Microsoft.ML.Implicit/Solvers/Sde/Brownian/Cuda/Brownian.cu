// Increments and space-time Levy areas of Brownian paths, number for number those of NormalGenerator and ManagedBrownian, bit by bit: each sum of a product
// is written as fma here and there, so that no compiler has a choice.
//
// REAL is the type that values are read in. Values of an interval are [count], a row's channels side by side, from `start` of a tensor.

typedef unsigned long long Bits;

__device__ const Bits Golden = 0x9E3779B97F4A7C15ULL;
__device__ const Bits OneAsBits = 0x3FF0000000000000ULL;
__device__ const Bits RootOfHalfAsBits = 0x3FE6A09E667F3BCDULL;

__device__ Bits mix(Bits z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

// As BrownianCell.CounterOfInterval.
__device__ Bits counterOfInterval(Bits interval)
{
    return mix(mix(interval + Golden));
}

__device__ double asDouble(Bits bits)
{
    return __longlong_as_double((long long)bits);
}

__device__ Bits asBits(double value)
{
    return (Bits)__double_as_longlong(value);
}

__device__ double fromOneToTwo(Bits bits)
{
    return asDouble((bits >> 12) | OneAsBits);
}

__device__ double minusTwoLogarithms(double u)
{
    Bits bits = asBits(u);
    Bits exponent = (bits + (OneAsBits - RootOfHalfAsBits)) >> 52;
    double m = asDouble(bits + ((1023 - exponent) << 52));
    double k = (double)((long long)exponent - 1023);
    double s = (m - 1) / (m + 1);
    double z = s * s;
    double p = 0.07308224842521703;
    p = fma(p, z, 0.07665860800278021);
    p = fma(p, z, 0.09091444562630861);
    p = fma(p, z, 0.1111110556739754);
    p = fma(p, z, 0.14285714312987743);
    p = fma(p, z, 0.19999999999949752);
    p = fma(p, z, 0.3333333333333335);
    return fma(k, -1.3862943611198906, -4 * fma(s * z, p, s));
}

__device__ double cosine(double r)
{
    double q = r * r;
    double p = 4.149564353942586e-06;
    p = fma(p, q, -0.00010456655338748738);
    p = fma(p, q, 0.0019295562724817132);
    p = fma(p, q, -0.025806888737002202);
    p = fma(p, q, 0.23533063012953284);
    p = fma(p, q, -1.335262768843447);
    p = fma(p, q, 4.058712126416497);
    p = fma(p, q, -4.934802200544676);
    return fma(p, q, 1.0);
}

__device__ double sine(double r)
{
    double q = r * r;
    double p = 7.697826768224191e-07;
    p = fma(p, q, -2.1903497074626018e-05);
    p = fma(p, q, 0.0004662998161898394);
    p = fma(p, q, -0.007370430505916944);
    p = fma(p, q, 0.0821458865731029);
    p = fma(p, q, -0.5992645293189447);
    p = fma(p, q, 2.5501640398773007);
    p = fma(p, q, -5.167712780049969);
    return r * fma(p, q, 3.141592653589793);
}

// Two independent normal numbers, of which y is computed where it is used.
struct Normal
{
    double radius;
    double turn;

    __device__ Normal(Bits key, Bits counter)
    {
        Bits place = key + counter;
        radius = sqrt(minusTwoLogarithms(2 - fromOneToTwo(mix(place))));
        double twice = 2 * (fromOneToTwo(mix(place + Golden)) - 1);
        double halfTurns = rint(twice);
        turn = twice - halfTurns;
        radius = halfTurns == 1 ? -radius : radius;
    }

    __device__ double x() const
    {
        return radius * cosine(turn);
    }

    __device__ double y() const
    {
        return radius * sine(turn);
    }
};

__device__ size_t place()
{
    return (size_t)blockIdx.x * blockDim.x + threadIdx.x;
}

// Draws `intervals` intervals from `first` on; areas only where withAreas is 1.
extern "C" __global__ void drawIntervals(
    const Bits* keys, int count, double* w, double* h, long long start, long long first, int intervals, double increment, double area, int withAreas)
{
    size_t i = place();
    if (i < (size_t)count * intervals)
    {
        Normal normal(keys[i % count], counterOfInterval(first + i / count));
        w[start + i] = increment * normal.x();
        if (withAreas)
        {
            h[start + i] = area * normal.y();
        }
    }
}

// As BridgeWeights.
extern "C" __global__ void divideInterval(
    const Bits* keys, int count, Bits counter, const double* w, const double* h, long long start,
    double* leftW, double* leftH, long long leftStart, double* rightW, double* rightH, long long rightStart,
    double theta, double area, double increment, double leftX, double leftY, double rightX, double rightY)
{
    size_t i = place();
    if (i < count)
    {
        Normal normal(keys[i], counter);
        double x = normal.x();
        double y = normal.y();
        double first = fma(increment, x, fma(area, h[start + i], theta * w[start + i]));
        leftW[leftStart + i] = first;
        rightW[rightStart + i] = w[start + i] - first;
        leftH[leftStart + i] = fma(leftY, y, fma(leftX, x, theta * theta * h[start + i]));
        rightH[rightStart + i] = fma(rightY, y, fma(rightX, x, (1 - theta) * (1 - theta) * h[start + i]));
    }
}

extern "C" __global__ void copyInterval(int count, const double* w, const double* h, long long start, double* targetW, double* targetH, long long targetStart)
{
    size_t i = place();
    if (i < count)
    {
        targetW[targetStart + i] = w[start + i];
        targetH[targetStart + i] = h[start + i];
    }
}

extern "C" __global__ void appendInterval(
    int count, double* w, double* h, long long start, const double* nextW, const double* nextH, long long nextStart, double share, double nextShare)
{
    size_t i = place();
    if (i < count)
    {
        double first = w[start + i];
        double second = nextW[nextStart + i];
        double lean = fma(nextShare, first, -(share * second));
        double mean = fma(share, h[start + i], nextShare * nextH[nextStart + i]);
        h[start + i] = fma(0.5, lean, mean);
        w[start + i] = first + second;
    }
}

extern "C" __global__ void removeFirstPart(
    int count, double* w, double* h, long long start, const double* beforeW, const double* beforeH, long long beforeStart, double whole, double ratio)
{
    size_t i = place();
    if (i < count)
    {
        double before = beforeW[beforeStart + i];
        double rest = w[start + i] - before;
        double lean = fma(ratio, rest, -before);
        double moment = fma(whole, h[start + i], -(ratio * beforeH[beforeStart + i]));
        h[start + i] = fma(0.5, lean, moment);
        w[start + i] = rest;
    }
}

extern "C" __global__ void readValues(int count, const double* values, long long start, REAL* result)
{
    size_t i = place();
    if (i < count)
    {
        result[i] = (REAL)values[start + i];
    }
}

// y + a f + b g W, of diagonal noise.
extern "C" __global__ void moveState(
    int count, const double* w, long long start, const REAL* state, const REAL* drift, const REAL* diffusion, REAL* result, double driftWeight, double noiseWeight)
{
    size_t i = place();
    if (i < count)
    {
        result[i] = state[i] + (REAL)driftWeight * drift[i] + (REAL)noiseWeight * diffusion[i] * (REAL)w[start + i];
    }
}
