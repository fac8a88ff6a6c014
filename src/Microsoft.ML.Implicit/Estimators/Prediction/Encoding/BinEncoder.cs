using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Encodes plain feature vectors. A feature becomes its robustly scaled, clipped value, its inverse hyperbolic sine, and, unless
/// there are very many features, a piecewise-linear encoding that says how far through each of its target-aware bins it
/// lies (Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features", 2022), with which a smooth network follows
/// bends as trees do, and where asked a step at each cut between bins, without which a threshold of few rows takes weights larger than these allow.
/// A value that is missing is encoded as the median; a further input, 1 there and 0 elsewhere, lets the network learn
/// any other, and what its being missing tells (Le Morvan et al., "What's a good imputation to predict with missing values?", 2021). Places of
/// categories, behind the other features, stay as they are at the end of the row.
/// </summary>
internal sealed partial class BinEncoder : FeatureEncoder
{
    // A bin's slope is learned from the rows in it.
    private const long RowsPerBin = 50;
    private const int MinimumBins = 2;
    private const int MaximumBins = 16;
    private const float ForeignScale = 100;

    [ComponentName(Name = "center")]
    private readonly Tensor _center;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    [ComponentName(Name = "bin_features")]
    private readonly Tensor _binFeatures;

    [ComponentName(Name = "bin_starts")]
    private readonly Tensor _binStarts;

    [ComponentName(Name = "bin_factors")]
    private readonly Tensor _binFactors;

    [ComponentName(Name = "missing_features")]
    private readonly Tensor _missingFeatures;

    /// <summary>Creates an encoder whose scales and bins are yet to be filled in.</summary>
    /// <param name="featureCount">Length of the feature vector.</param>
    /// <param name="binCount">Bins of all features together, and steps between them.</param>
    /// <param name="missingCount">Features that may be missing.</param>
    /// <param name="levels">Levels of each category behind the other features.</param>
    public BinEncoder(int featureCount, int binCount, int missingCount, params IReadOnlyList<int> levels)
        : base(nameof(BinEncoder))
    {
        BinCount = binCount;
        MissingCount = missingCount;
        Levels = levels;
        int numberCount = featureCount - levels.Count;
        Width = checked((2 * numberCount) + binCount + missingCount + levels.Count);
        _center = zeros(numberCount);
        _factor = ones(numberCount);
        _binFeatures = zeros(binCount, ScalarType.Int64);
        _binStarts = zeros(binCount);
        _binFactors = zeros(binCount);
        _missingFeatures = zeros(missingCount, ScalarType.Int64);
        RegisterComponents();
    }

    /// <summary>Bins of all features together, and steps between them.</summary>
    public int BinCount { get; }

    /// <summary>Number of features that may be missing.</summary>
    public int MissingCount { get; }

    /// <summary>Levels of each category.</summary>
    public IReadOnlyList<int> Levels { get; }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override int NumberCount => (int)_center.shape[0];

    /// <summary>Learns the scales and bins.</summary>
    /// <param name="features">float32 [rows, features], on the CPU.</param>
    /// <param name="classes">What the bins tell apart: a class a row, from 0.</param>
    /// <param name="hasSteps">Whether there is a step at each cut between bins.</param>
    /// <param name="missing">Features that may be missing, ascending.</param>
    /// <param name="levels">Levels of each category behind the other features.</param>
    public static BinEncoder Of(Tensor features, int[] classes, bool hasSteps, int[] missing, params IReadOnlyList<int> levels)
    {
        Tensor numbers = features.narrow(1, 0, features.shape[1] - levels.Count);
        int maximumBins = FeatureTensor.IsWide(numbers.shape[1]) ? 0 : (int)Math.Clamp(numbers.shape[0] / RowsPerBin, MinimumBins, MaximumBins);
        FeatureScale[] scales = FindScales(numbers, classes, maximumBins, hasSteps);
        var encoder = new BinEncoder(scales.Length + levels.Count, scales.Sum(scale => scale.Bins.Count), missing.Length, levels);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        encoder._center.copy_(tensor(scales.Select(scale => scale.Center).ToArray()));
        encoder._factor.copy_(tensor(scales.Select(scale => scale.Factor).ToArray()));
        encoder._binFeatures.copy_(tensor(scales.SelectMany((scale, feature) => scale.Bins.Select(_ => (long)feature)).ToArray()));
        encoder._binStarts.copy_(tensor(scales.SelectMany(scale => scale.Bins.Select(bin => bin.Start)).ToArray()));
        encoder._binFactors.copy_(tensor(scales.SelectMany(scale => scale.Bins.Select(bin => bin.Factor)).ToArray()));
        encoder._missingFeatures.copy_(tensor(missing.Select(feature => (long)feature).ToArray()));
        return encoder;
    }

    /// <inheritdoc/>
    public override long[] FeaturesOfColumns()
    {
        long[] features = [.. Enumerable.Range(0, NumberCount).Select(feature => (long)feature)];
        return [.. features, .. features, .. Values(_binFeatures), .. Values(_missingFeatures), .. Levels.Select((_, category) => NumberCount + (long)category)];
    }

    /// <inheritdoc/>
    public override int[] MissingFeatures() => Array.ConvertAll(Values(_missingFeatures), feature => (int)feature);

    /// <inheritdoc/>
    public override int FindForeignFeature(Tensor features)
    {
        float[] factors = [.. _factor.data<float>()];
        FeatureScale[] scales = FindScales(features.narrow(1, 0, NumberCount), new int[features.shape[0]], maximumBins: 0, hasSteps: false);
        return Array.FindIndex([.. factors.Zip(scales, (own, other) => own > 0 && other.Factor > 0 ? own / other.Factor : 1)], ratio => ratio is > ForeignScale or < 1 / ForeignScale);
    }

    /// <inheritdoc/>
    public override void CheckState()
    {
        if (Values(_binFeatures).Concat(Values(_missingFeatures)).Any(feature => feature < 0 || feature >= NumberCount))
        {
            throw new FormatException($"The model file has inputs of a feature beyond the {NumberCount} there are.");
        }
    }

    /// <inheritdoc/>
    public override ManagedBinEncoder? CreateManaged() => _center.device_type != DeviceType.CPU
        ? null
        : new(
            [.. _center.data<float>()],
            [.. _factor.data<float>()],
            Array.ConvertAll(Values(_binFeatures), feature => (int)feature),
            [.. _binStarts.data<float>()],
            [.. _binFactors.data<float>()],
            MissingFeatures(),
            Levels);

    /// <inheritdoc/>
    public override Tensor forward(Tensor features)
    {
        Tensor rows = features.is_sparse ? features.to_dense() : features;
        Tensor given = rows.narrow(1, 0, NumberCount);
        Tensor values = MissingCount == 0 ? given : where(given.isnan(), _center, given);
        Tensor scaled = Scale(values, _center, _factor);
        Tensor bins = Scale(values.index_select(1, _binFeatures), _binStarts, _binFactors).clamp_(0.Held(), 1.Held()).sub_(0.5.Held());
        Tensor[] isMissing = MissingCount == 0 ? [] : [given.index_select(1, _missingFeatures).isnan().to(ScalarType.Float32)];
        Tensor[] places = Levels.Count == 0 ? [] : [rows.narrow(1, NumberCount, Levels.Count)];
        return cat([Clip(scaled), Tails(scaled), bins, .. isMissing, .. places], dim: 1);
    }

    private static long[] Values(Tensor indices)
    {
        using Tensor values = indices.cpu();
        return [.. values.data<long>()];
    }

    private static FeatureScale[] FindScales(Tensor features, int[] classes, int maximumBins, bool hasSteps)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor rows, long stride) = RowsToRead(features, features.shape[1]);
        int[] rowClasses = [.. classes.Where((_, row) => row % stride == 0)];
        Tensor columns = rows.t().contiguous();
        return [.. Enumerable.Range(0, (int)features.shape[1]).Select(feature => FindScale(columns[feature].data<float>().ToArray(), rowClasses, maximumBins, hasSteps))];
    }

    private static FeatureScale FindScale(float[] values, int[] classes, int maximumBins, bool hasSteps)
    {
        int[] present = [.. Enumerable.Range(0, values.Length).Where(row => !float.IsNaN(values[row]))];
        return present.Length == 0 ? new FeatureScale(0, 0, [])
            : FeatureScale.Of(Array.ConvertAll(present, row => values[row]), Array.ConvertAll(present, row => classes[row]), maximumBins, hasSteps);
    }
}
