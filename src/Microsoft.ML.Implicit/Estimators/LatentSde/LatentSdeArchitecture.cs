using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a latent SDE before its parameters can be read.</summary>
internal sealed record LatentSdeArchitecture(LatentSettings Settings, LatentSdeTrainingMethod TrainingMethod, LatentPathMethod PathMethod, int PathCount, bool HoldsLevels)
    : LatentArchitecture(Settings)
{
    private const string PathMethodName = "path_method";
    private const string HoldsLevelsName = "holds_levels";

    public LatentSdeArchitecture(LatentSdeOptions options, bool holdsLevels)
        : this(
            new LatentSettings(options, LatentAnchor.LastObservation, options.SolverSteps ?? PathResolution.FewestSteps)
            {
                LatentWidth = Math.Max(options.LatentWidth, options.InputColumnNames.Length + 1),
            },
            options.TrainingMethod,
            LatentPathMethod.Heun,
            options.PathCount,
            holdsLevels)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<string> AddedTensors =>
    [
        "prior.diffusion.second_amplitude", "prior.diffusion.second_slope", "prior.diffusion.second_shift",
        "posterior.bridge.weight", "posterior.bridge.bias", "posterior.bend.weight", "posterior.bend.bias", "posterior.noise",
    ];

    public override void Write(DocumentWriter writer)
    {
        base.Write(writer);
        writer.Write("training_method", TrainingMethod);
        writer.Write(PathMethodName, PathMethod);
        writer.Write("path_count", PathCount);
        writer.Write(HoldsLevelsName, HoldsLevels);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static LatentSdeArchitecture Read(DocumentReader reader) => Checked(
        new LatentSdeArchitecture(
            LatentSettings.Read(reader),
            reader.Enum<LatentSdeTrainingMethod>("training_method"),
            reader.OptionalText(PathMethodName) is null ? LatentPathMethod.EulerMaruyama : reader.Enum<LatentPathMethod>(PathMethodName),
            reader.Int32("path_count"),
            HoldsLevels: reader.OptionalText(HoldsLevelsName) == "true"),
        reader);

    protected override LatentNetwork CreateNetwork(SeriesEncoder encoder, LatentOdeSizes sizes, Generator generator) =>
        new LatentSdeNetwork(encoder, sizes, PathMethod, isSimulated: TrainingMethod == LatentSdeTrainingMethod.Adjoint, PathCount, levels: HoldsLevels ? Math.Min(sizes.Variables, sizes.Latent) : 0, generator);

    protected override bool IsPlausible(long tensorBytes) => base.IsPlausible(tensorBytes) && PathCount is >= 2 and <= 4096 && PathCount % 2 == 0;
}
