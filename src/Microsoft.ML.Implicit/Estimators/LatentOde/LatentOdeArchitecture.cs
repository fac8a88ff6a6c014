using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a latent ODE before its parameters can be read.</summary>
internal sealed record LatentOdeArchitecture(LatentSettings Settings)
    : LatentArchitecture(Settings)
{
    public LatentOdeArchitecture(LatentOdeOptions options)
        : this(new LatentSettings(options, options.Anchor, options.SolverSteps))
    {
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static LatentOdeArchitecture Read(DocumentReader reader) => Checked(new LatentOdeArchitecture(LatentSettings.Read(reader)), reader);

    protected override LatentNetwork CreateNetwork(SeriesEncoder encoder, LatentOdeSizes sizes, Generator generator) => new LatentOdeNetwork(encoder, sizes, generator);
}
