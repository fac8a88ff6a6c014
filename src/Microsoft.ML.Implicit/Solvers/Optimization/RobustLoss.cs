using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// How much a residual costs: ½ c² ρ(r² / c²), which is ½ r² where r is small against the scale c, and grows less beyond it, so that outliers count less.
/// </summary>
/// <example><code>
/// var robust = new NonlinearLeastSquares(residuals, loss: RobustLoss.Cauchy(scale: 0.1));
/// </code></example>
public sealed record RobustLoss
{
    private readonly Kinds _kind;

    private RobustLoss(Kinds kind, double scale)
    {
        SettingRange.Require(scale > 0 && double.IsFinite(scale), nameof(scale), scale, "positive and finite");
        _kind = kind;
        Scale = scale;
    }

    // ρ of u = r² / c².
    private enum Kinds
    {
        Squares,
        Huber,
        Cauchy,
        Tukey,
        Welsch,
        GemanMcClure,
    }

    /// <summary>½ r²: least squares.</summary>
    public static RobustLoss Squares { get; } = new(Kinds.Squares, 1);

    /// <summary>The scale c, in the units of the residuals.</summary>
    public double Scale { get; }

    /// <summary>Its name.</summary>
    public string Name => _kind.ToString();

    /// <summary>Squares up to c, and linear beyond it.</summary>
    /// <param name="scale">c, in the units of the residuals.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not positive.</exception>
    public static RobustLoss Huber(double scale) => new(Kinds.Huber, scale);

    /// <summary>½ c² log(1 + r² / c²).</summary>
    /// <inheritdoc cref="Huber"/>
    public static RobustLoss Cauchy(double scale) => new(Kinds.Cauchy, scale);

    /// <summary>Tukey's biweight: c² / 6 (1 − (1 − r² / c²)³), and c² / 6 beyond c, where a residual has no influence.</summary>
    /// <inheritdoc cref="Huber"/>
    public static RobustLoss Tukey(double scale) => new(Kinds.Tukey, scale);

    /// <summary>½ c² (1 − exp(−r² / c²)).</summary>
    /// <inheritdoc cref="Huber"/>
    public static RobustLoss Welsch(double scale) => new(Kinds.Welsch, scale);

    /// <summary>½ r² / (1 + r² / c²).</summary>
    /// <inheritdoc cref="Huber"/>
    public static RobustLoss GemanMcClure(double scale) => new(Kinds.GemanMcClure, scale);

    /// <summary>The loss of each residual, made of operations that autograd follows.</summary>
    /// <param name="residuals">Residuals of any shape.</param>
    /// <returns>Losses in the shape of the residuals.</returns>
    public Tensor Evaluate(Tensor residuals)
    {
        ArgumentNullException.ThrowIfNull(residuals);
        Tensor u = (residuals / Scale.Held()).Squared();
        Tensor rho = _kind switch
        {
            Kinds.Huber => where(u.le(1.Held()), u, (u.clamp_min(1.Held()).sqrt() * 2.Held()).Plus((-1).Held())),
            Kinds.Cauchy => u.log1p(),
            Kinds.Tukey => 1.Held().Minus(1.Held().Minus(u.clamp_max(1.Held())).pow(3.Held())) / 3.Held(),
            Kinds.Welsch => u.neg().expm1().neg(),
            Kinds.GemanMcClure => u / u.Plus(1.Held()),
            _ => u,
        };
        return rho * (0.5 * Scale * Scale).Held();
    }

    /// <summary>Creates the loss that a document names.</summary>
    /// <exception cref="FormatException">There is none of that name, or its scale is impossible.</exception>
    internal static RobustLoss Parse(string name, double scale) =>
        Array.IndexOf(Enum.GetNames<Kinds>(), name) >= 0 && scale > 0 && double.IsFinite(scale)
            ? new RobustLoss(Enum.Parse<Kinds>(name), scale)
            : throw new FormatException($"The model file names '{name}' as a loss.");

    /// <summary>The loss of residuals together. A loss that is bounded does not hide a residual that is not finite.</summary>
    internal double Total(ReadOnlySpan<double> residuals)
    {
        if (IsSquares)
        {
            return 0.5 * TensorPrimitives.SumOfSquares(residuals);
        }

        double total = 0;
        foreach (double residual in residuals)
        {
            total += double.IsFinite(residual) ? Value(residual) : double.PositiveInfinity;
        }

        return total;
    }

    /// <summary>The loss of a residual.</summary>
    internal double Value(double residual)
    {
        double u = residual / Scale * (residual / Scale);
        double rho = _kind switch
        {
            Kinds.Huber => u <= 1 ? u : (2 * Math.Sqrt(u)) - 1,
            Kinds.Cauchy => double.LogP1(u),
            Kinds.Tukey => u <= 1 ? u * (3 - (u * (3 - u))) / 3 : 1.0 / 3,
            Kinds.Welsch => -double.ExpM1(-u),
            Kinds.GemanMcClure => double.IsInfinity(u) ? 1 : u / (1 + u),
            _ => u,
        };
        return 0.5 * Scale * Scale * rho;
    }

    /// <summary>ρ': the weight that a residual has among squares.</summary>
    internal double Weight(double residual)
    {
        double u = residual / Scale * (residual / Scale);
        return _kind switch
        {
            Kinds.Huber => u <= 1 ? 1 : 1 / Math.Sqrt(u),
            Kinds.Cauchy => 1 / (1 + u),
            Kinds.Tukey => u <= 1 ? (1 - u) * (1 - u) : 0,
            Kinds.Welsch => Math.Exp(-u),
            Kinds.GemanMcClure => 1 / ((1 + u) * (1 + u)),
            _ => 1,
        };
    }

    /// <summary>ρ' + 2 u ρ'': the second derivative of the loss.</summary>
    internal double Curvature(double residual)
    {
        double u = residual / Scale * (residual / Scale);
        return _kind switch
        {
            Kinds.Huber => u <= 1 ? 1 : 0,
            Kinds.Cauchy => (1 - u) / ((1 + u) * (1 + u)),
            Kinds.Tukey => u <= 1 ? (1 - u) * (1 - (5 * u)) : 0,
            Kinds.Welsch => (1 - (2 * u)) * Math.Exp(-u),
            Kinds.GemanMcClure => (1 - (3 * u)) / ((1 + u) * (1 + u) * (1 + u)),
            _ => 1,
        };
    }

    internal bool IsSquares => _kind == Kinds.Squares;

    /// <summary>Whether far residuals count less the farther they are, so that there may be many minima where squares have one.</summary>
    internal bool Redescends => _kind is not (Kinds.Squares or Kinds.Huber);

    /// <summary>The loss itself or, where that is not convex, Huber's of the same scale.</summary>
    internal RobustLoss Convex => Redescends ? Huber(Scale) : this;

    /// <summary>The same loss with another scale.</summary>
    internal RobustLoss At(double scale) => new(_kind, scale);
}
