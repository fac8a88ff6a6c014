using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Maps each feature to an approximately standard normal one by a monotone rational-quadratic spline (Gregory and
/// Delbourgo, Piecewise rational quadratic interpolation to monotonic data, 1982) through the edges of
/// <see cref="BayesianBlocks"/>, with linear tails.
/// </summary>
internal sealed partial class MarginalSpline : nn.Module<Tensor, Tensor>
{
    private const int KnotCount = 64;

    // Share of a normal distribution of the feature's mean and deviation in its marginal. It keeps gaps between clusters
    // open, which the blocks alone would close and leave the flow with jumps of density.
    private const double NormalShare = 0.2;

    // Of a constant, in itself; ten times the precision of a Single.
    private const double SmallestUnit = 1e-6;

    [ComponentName(Name = "positions")]
    private readonly Tensor _positions;

    [ComponentName(Name = "values")]
    private readonly Tensor _values;

    [ComponentName(Name = "slopes")]
    private readonly Tensor _slopes;

    /// <summary>Creates the identity.</summary>
    /// <param name="featureCount">Number of features.</param>
    public MarginalSpline(long featureCount)
        : base(nameof(MarginalSpline))
    {
        _positions = linspace(-1, 1, KnotCount, ScalarType.Float64).expand(featureCount, KnotCount).clone();
        _values = _positions.clone();
        _slopes = ones_like(_positions);
        RegisterComponents();
    }

    /// <summary>Learns the splines.</summary>
    /// <param name="features">float32 [rows, features] on the CPU.</param>
    /// <returns>Indices of features that are constant.</returns>
    public IReadOnlyList<int> Fit(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        var constant = new List<int>();
        Tensor sorted = features.to(ScalarType.Float64).t().contiguous().sort(dim: 1).Values;
        for (int d = 0; d < features.shape[1]; d++)
        {
            double[] column = sorted[d].data<double>().ToArray();
            if (column[0] == column[^1])
            {
                constant.Add(d);
            }

            (double[] edges, double[] fractions) = BayesianBlocks.Find(column, KnotCount - 1);

            SetColumn(d, edges, Mix(column, edges, fractions));
        }

        return constant;
    }

    /// <summary>A copy of the splines in managed memory.</summary>
    public ManagedSpline[] CreateManaged()
    {
        double[][] positions = Rows(_positions), values = Rows(_values), slopes = Rows(_slopes);
        return [.. positions.Select((knots, feature) => new ManagedSpline(knots, values[feature], slopes[feature]))];

        static double[][] Rows(Tensor knots) => [.. knots.data<double>().ToArray().Chunk(KnotCount)];
    }

    /// <summary>Makes sure of a state that was read.</summary>
    /// <exception cref="FormatException">A spline does not rise everywhere.</exception>
    public void CheckState()
    {
        using DisposeScope scope = NewDisposeScope();
        if (new[] { _positions.diff(dim: 1), _values.diff(dim: 1), _slopes }.Any(rise => rise.le(0.Held()).any().item<bool>()))
        {
            throw new FormatException("The model file has a feature whose map does not rise everywhere.");
        }
    }

    /// <summary>Maps features to normal ones.</summary>
    /// <param name="features">x, float64 [rows, features].</param>
    public override Tensor forward(Tensor features) => Map(features).Values;

    /// <summary>Maps features to normal ones, with the log derivative of each.</summary>
    /// <param name="features">x, float64 [rows, features].</param>
    /// <returns>float64 [rows, features] each.</returns>
    public (Tensor Values, Tensor LogDerivatives) Map(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = features.t().contiguous();
        Segment s = SegmentAt(_positions, x);
        Tensor fraction = ((x - s.Position) / s.Width).clamp(0.Held(), 1.Held());
        Tensor both = fraction * 1.Held().Minus(fraction);
        Tensor denominator = s.Secant.Plus((s.EndSlope.Plus(s.Slope) - 2.Held() * s.Secant) * both);
        Tensor inside = s.Value.Plus(s.Height * (s.Secant * fraction.Squared()).Plus(s.Slope * both) / denominator);
        Tensor derivative = s.Secant.Squared() * (s.EndSlope * fraction.Squared()).Plus(2.Held() * s.Secant * both).Plus(s.Slope * 1.Held().Minus(fraction).Squared()) / denominator.Squared();

        // Beyond the knots the fraction is 0 or 1, the derivative that of the outermost knot, and the map linear.
        Tensor beyond = x - x.clamp(_positions.select(1, 0).unsqueeze(1), _positions.select(1, -1).unsqueeze(1));
        Tensor values = inside.Plus(derivative * beyond);
        return (values.t().MoveToOuterDisposeScope(), derivative.log().t().MoveToOuterDisposeScope());
    }

    /// <summary>Maps normal features back.</summary>
    /// <param name="normal">float64 [rows, features].</param>
    public Tensor Inverse(Tensor normal)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor u = normal.t().contiguous();
        Tensor inner = u.clamp(_values.select(1, 0).unsqueeze(1), _values.select(1, -1).unsqueeze(1));
        Segment s = SegmentAt(_values, u);
        Tensor rise = inner - s.Value;
        Tensor bend = s.EndSlope.Plus(s.Slope) - 2.Held() * s.Secant;
        Tensor a = (s.Height * (s.Secant - s.Slope)).Plus(rise * bend);
        Tensor b = s.Height * s.Slope - rise * bend;
        Tensor c = -s.Secant * rise;
        Tensor fraction = 2.Held() * c / (-b - (b.Squared() - 4.Held() * a * c).clamp_min(0.Held()).sqrt());
        Tensor slope = where(u < inner, s.Slope, s.EndSlope);
        return s.Position.Plus(fraction * s.Width).Plus((u - inner) / slope).t().MoveToOuterDisposeScope();
    }

    private static double[] Mix(double[] column, double[] edges, double[] fractions)
    {
        using DisposeScope scope = NewDisposeScope();

        // The outermost edges lie near fractions 0 and 1, whose normal quantiles are infinite.
        double smallest = 0.5 / (column.Length + 1);
        double mean = column.Average();
        double deviation = Math.Sqrt(column.Average(x => (x - mean) * (x - mean)));
        if (deviation == 0)
        {
            return fractions;
        }

        Tensor normal = ((tensor(edges) - mean.Held()) / (deviation * Math.Sqrt(2)).Held()).erf().Plus(1.Held()).div(2.Held());
        return [.. (tensor(fractions) * (1 - NormalShare).Held()).Plus(normal * NormalShare.Held()).clamp(smallest.Held(), (1 - smallest).Held()).data<double>()];
    }

    private void SetColumn(int column, double[] positions, double[] probabilities)
    {
        double[] x = positions;
        double[] u = (tensor(probabilities) * 2.Held() - 1.Held()).erfinv().mul(Math.Sqrt(2).Held()).data<double>().ToArray();
        if (x.Length == 1)
        {
            // A constant has no unit but the user's, as long as that is more than rounding.
            double unit = Math.Max(1, SmallestUnit * Math.Abs(x[0]));
            (x, u) = ([x[0] - unit, x[0] + unit], [-1, 1]);
        }

        double[] slopes = Slopes(x, u);

        // Features with fewer distinct values get knots on their linear tail.
        double width = x[^1] - x[0];
        double[] paddedX = new double[KnotCount], paddedU = new double[KnotCount], paddedSlopes = new double[KnotCount];
        for (int k = 0; k < KnotCount; k++)
        {
            int extra = Math.Max(0, k - x.Length + 1);
            int i = k - extra;
            paddedX[k] = x[i] + extra * width;
            paddedU[k] = u[i] + extra * width * slopes[i];
            paddedSlopes[k] = slopes[i];
        }

        _positions[column] = tensor(paddedX);
        _values[column] = tensor(paddedU);
        _slopes[column] = tensor(paddedSlopes);
    }

    // Harmonic means of neighbouring secants, with which the spline is monotone (Fritsch and Butland, 1984).
    private static double[] Slopes(double[] x, double[] u)
    {
        double[] slopes = new double[x.Length];
        for (int k = 0; k < x.Length; k++)
        {
            double before = k == 0 ? double.NaN : (u[k] - u[k - 1]) / (x[k] - x[k - 1]);
            double after = k == x.Length - 1 ? double.NaN : (u[k + 1] - u[k]) / (x[k + 1] - x[k]);
            slopes[k] = k == 0 ? after : k == x.Length - 1 ? before : 2 * before * after / (before + after);
        }

        return slopes;
    }

    private Segment SegmentAt(Tensor sequence, Tensor points)
    {
        Tensor start = (searchsorted(sequence, points, right: true) - 1.Held()).clamp(0.Held(), (sequence.shape[1] - 2).Held());
        Tensor end = start.Plus(1.Held());
        Tensor position = _positions.gather(1, start);
        Tensor value = _values.gather(1, start);
        Tensor width = _positions.gather(1, end) - position;
        Tensor height = _values.gather(1, end) - value;
        return new Segment(position, value, width, height, height / width, _slopes.gather(1, start), _slopes.gather(1, end));
    }

    private sealed record Segment(Tensor Position, Tensor Value, Tensor Width, Tensor Height, Tensor Secant, Tensor Slope, Tensor EndSlope);
}
