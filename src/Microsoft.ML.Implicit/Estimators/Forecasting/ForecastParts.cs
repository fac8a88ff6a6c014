using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a forecaster is made of.</summary>
/// <param name="Architecture">What its networks have in common.</param>
/// <param name="Columns">The columns that it was trained on.</param>
/// <param name="Scaling">Units.</param>
/// <param name="Networks">At least one, on the device; the model owns them.</param>
/// <param name="IntervalFactors">Half-widths of the bounds in corrected scales, [variables].</param>
/// <param name="IntervalFactorsAfterGap">In place of the others where <see cref="SeriesScaling.IsInterrupted"/>.</param>
/// <param name="Device">Where the networks are.</param>
internal sealed record ForecastParts(
    LatentArchitecture Architecture,
    SeriesColumns Columns,
    SeriesScaling Scaling,
    LatentNetwork[] Networks,
    double[] IntervalFactors,
    double[] IntervalFactorsAfterGap,
    Device Device)
{
    private const string AfterGapName = "interval_factors_after_gap";
    private const string PathHalfWidthsName = "path_half_widths";
    private const string LevelName = "confidence_level";

    public ForecastQuantiles Quantiles { get; init; } = ForecastQuantiles.None;

    /// <summary>What corrects predicted scales by the time ahead.</summary>
    public ScaleProfile ScaleProfile { get; init; } = ScaleProfile.Flat(Scaling.Variables.Length);

    /// <summary>What the mean of the networks is blended with; <see langword="null"/> where they forecast alone.</summary>
    public ForecastBlend? Blend { get; init; }

    /// <summary>Probability that a value lies between the bounds; <see langword="null"/> where the file of a latent ODE does not say.</summary>
    public double? ConfidenceLevel { get; init; }

    /// <summary>
    /// Half-widths of the intervals that hold simulated values with that probability, in predicted scales, [variables]; <see langword="null"/> where nothing is simulated, and
    /// in files of earlier versions, whose simulated values are taken for normal ones.
    /// </summary>
    public double[]? PathHalfWidths { get; init; }

    /// <summary>A digest of what was learned as it stands in the file; <see langword="null"/> where there is none yet.</summary>
    public byte[]? Identity { get; init; }

    /// <summary>Reads what <see cref="Write"/> wrote, and the identity beside it.</summary>
    /// <exception cref="FormatException">A part is impossible.</exception>
    public static ForecastParts Read(DocumentReader reader, SeriesColumns columns, LatentArchitecture architecture)
    {
        SeriesScaling scaling = SeriesScaling.Read(reader.Section("scaling"));
        double[] factors = Measurements.Checked(reader.Doubles("interval_factors"));
        double[] factorsAfterGap = reader.OptionalTensor(AfterGapName) is null ? factors : Measurements.Checked(reader.Doubles(AfterGapName));
        double? level = reader.OptionalTensor(LevelName) is null ? null : reader.Doubles(LevelName).Single();
        double[]? pathHalfWidths = reader.OptionalTensor(PathHalfWidthsName) is null ? null : Measurements.Checked(reader.Doubles(PathHalfWidthsName));
        ForecastQuantiles quantiles = ForecastQuantiles.Read(reader, scaling.Variables.Length);
        ScaleProfile profile = ScaleProfile.Read(reader, scaling.Variables.Length);
        ForecastBlend? blend = ForecastBlend.Read(reader.Section("blend"), scaling);
        int count = reader.Int32("networks");
        if (!Array.TrueForAll([factors, factorsAfterGap], array => array.Length == scaling.Variables.Length && Array.TrueForAll(array, factor => factor >= 0))
            || (pathHalfWidths is not null && (pathHalfWidths.Length != scaling.Variables.Length || !Array.TrueForAll(pathHalfWidths, width => width > 0)))
            || level is not (null or (> 0 and < 1)) || count is < 1 or > 64)
        {
            throw new FormatException("The model file describes an impossible ensemble.");
        }

        var networks = new List<LatentNetwork>();
        try
        {
            while (networks.Count < count)
            {
                using var generator = new Generator(0, CPU);
                LatentNetwork network = architecture.CreateNetwork(scaling, generator);
                string name = $"network{networks.Count}";
                networks.Add(network);
                reader.Read(name, network, architecture.AddedTensors);
                network.FreezeState();
            }

            return new ForecastParts(architecture, columns, scaling, [.. networks], factors, factorsAfterGap, CPU)
            {
                Quantiles = quantiles,
                ScaleProfile = profile,
                Blend = blend,
                ConfidenceLevel = level,
                PathHalfWidths = pathHalfWidths,
                Identity = reader.Bytes("identity"),
            };
        }
        catch
        {
            networks.ForEach(network => network.Dispose());
            throw;
        }
    }

    /// <summary>Writes what was learned.</summary>
    public void Write(DocumentWriter writer)
    {
        Architecture.Write(writer.Section("architecture"));
        Scaling.Write(writer.Section("scaling"));
        writer.Write("interval_factors", IntervalFactors);
        writer.Write(AfterGapName, IntervalFactorsAfterGap);
        if (ConfidenceLevel is { } level)
        {
            writer.Write(LevelName, [level]);
        }

        if (PathHalfWidths is not null)
        {
            writer.Write(PathHalfWidthsName, PathHalfWidths);
        }

        Quantiles.Write(writer);
        ScaleProfile.Write(writer);
        Blend?.Write(writer.Section("blend"));
        writer.Write("networks", Networks.Length);
        for (int i = 0; i < Networks.Length; i++)
        {
            writer.Write($"network{i}", Networks[i]);
        }
    }
}
