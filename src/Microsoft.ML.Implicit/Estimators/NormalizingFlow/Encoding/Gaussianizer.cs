using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The invertible map from features in the user's units to approximately standard normal, uncorrelated ones: a monotone
/// spline for each feature, then whitening. By itself it is a Gaussian copula.
/// </summary>
internal sealed partial class Gaussianizer : nn.Module<Tensor, Tensor>
{
    // More rows would not move a quantile by anything that matters.
    private const long MaximumRowsRead = 100_000;

    // Directions in which the data does not extend are taken to have this standard deviation, not zero.
    private const double SmallestDeviation = 0.01;

    private readonly MarginalSpline _spline;

    [ComponentName(Name = "mean")]
    private readonly Tensor _mean;

    [ComponentName(Name = "whitening")]
    private readonly Tensor _whitening;

    [ComponentName(Name = "coloring")]
    private readonly Tensor _coloring;

    [ComponentName(Name = "log_determinant")]
    private readonly Tensor _logDeterminant;

    public Gaussianizer(long featureCount)
        : base(nameof(Gaussianizer))
    {
        _spline = new MarginalSpline(featureCount);
        _mean = zeros(featureCount, ScalarType.Float64);
        _whitening = eye(featureCount, dtype: ScalarType.Float64);
        _coloring = eye(featureCount, dtype: ScalarType.Float64);
        _logDeterminant = zeros([], ScalarType.Float64);
        RegisterComponents();
    }

    /// <summary>Learns the map.</summary>
    /// <param name="features">float32 [rows, features] on the CPU.</param>
    /// <returns>Indices of features that are constant.</returns>
    public IReadOnlyList<int> Fit(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor rows = features.narrow(0, 0, Math.Min(features.shape[0], MaximumRowsRead));
        IReadOnlyList<int> constant = _spline.Fit(rows);
        Tensor normal = _spline.forward(rows.to(ScalarType.Float64));
        Tensor mean = normal.mean([0]);
        Tensor centered = normal - mean;
        double shrinkage = Math.Min(0.5, 0.1 * normal.shape[1] / normal.shape[0]);
        Tensor covariance = (centered.t().mm(centered) / normal.shape[0].Held() * (1 - shrinkage).Held()).Plus(shrinkage.Held() * eye(normal.shape[1], dtype: ScalarType.Float64));
        (Tensor values, Tensor vectors) = linalg.eigh(covariance);
        Tensor deviations = values.clamp_min((SmallestDeviation * SmallestDeviation).Held()).sqrt();

        // The symmetric root keeps each whitened feature as close to its own as can be.
        _mean.copy_(mean);
        _whitening.copy_((vectors / deviations).mm(vectors.t()));
        _coloring.copy_((vectors * deviations).mm(vectors.t()));
        _logDeterminant.copy_(-deviations.log().sum());
        return constant;
    }

    /// <summary>A copy of the map in managed memory.</summary>
    public ManagedGaussianizer CreateManaged() =>
        new(_spline.CreateManaged(), [.. _mean.data<double>()], [.. _whitening.data<double>()], _logDeterminant.item<double>());

    /// <inheritdoc cref="MarginalSpline.CheckState"/>
    public void CheckState() => _spline.CheckState();

    /// <summary>Maps features to normal ones.</summary>
    /// <param name="features">[rows, features] in the user's units.</param>
    public override Tensor forward(Tensor features) => Map(features).Normal;

    /// <summary>Maps features to normal ones, with the log determinant of the map.</summary>
    /// <param name="features">[rows, features] in the user's units.</param>
    /// <returns>float64 [rows, features] and float64 [rows].</returns>
    public (Tensor Normal, Tensor LogDeterminant) Map(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor values, Tensor logDerivatives) = _spline.Map(features.to(ScalarType.Float64));
        Tensor normal = (values - _mean).mm(_whitening);
        Tensor logDeterminant = logDerivatives.sum(1).Plus(_logDeterminant);
        return (normal.MoveToOuterDisposeScope(), logDeterminant.MoveToOuterDisposeScope());
    }

    /// <summary>Maps normal features back to the user's units.</summary>
    /// <param name="normal">[rows, features].</param>
    /// <returns>float64 [rows, features].</returns>
    public Tensor Inverse(Tensor normal)
    {
        using DisposeScope scope = NewDisposeScope();
        return _spline.Inverse(normal.to(ScalarType.Float64).mm(_coloring).Plus(_mean)).MoveToOuterDisposeScope();
    }
}
