using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about a latent ODE before its parameters can be read.</summary>
internal sealed record LatentOdeArchitecture(SeriesEncoderKind Encoder, LatentAnchor Anchor, int LatentWidth, int HiddenWidth, int SolverSteps, int ContextLength)
    : LatentArchitecture(Encoder, Anchor, LatentWidth, HiddenWidth, SolverSteps, ContextLength)
{
    public LatentOdeArchitecture(LatentOdeOptions options)
        : this(options.Encoder, options.Anchor, options.LatentWidth, options.HiddenWidth, options.SolverSteps, options.ContextLength)
    {
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static LatentOdeArchitecture Read(DocumentReader reader) => Checked(
        new LatentOdeArchitecture(
            reader.Enum<SeriesEncoderKind>("encoder"),
            reader.Enum<LatentAnchor>("anchor"),
            reader.Int32("latent_width"),
            reader.Int32("hidden_width"),
            reader.Int32("solver_steps"),
            reader.Int32("context_length")),
        reader);

    protected override LatentNetwork CreateNetwork(SeriesEncoder encoder, LatentOdeSizes sizes, Generator generator) => new LatentOdeNetwork(encoder, sizes, generator);
}
