using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What latent networks of all kinds are set by.</summary>
internal sealed record LatentSettings(SeriesEncoderKind Encoder, LatentAnchor Anchor, int LatentWidth, int HiddenWidth, int SolverSteps, int ContextLength)
{
    public LatentSettings(LatentForecasterOptions options, LatentAnchor anchor, int solverSteps)
        : this(options.Encoder, anchor, options.LatentWidth, options.HiddenWidth, solverSteps, options.ContextLength)
    {
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("encoder", Encoder);
        writer.Write("anchor", Anchor);
        writer.Write("latent_width", LatentWidth);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("solver_steps", SolverSteps);
        writer.Write("context_length", ContextLength);
    }

    public static LatentSettings Read(DocumentReader reader) => new(
        reader.Enum<SeriesEncoderKind>("encoder"),
        reader.Enum<LatentAnchor>("anchor"),
        reader.Int32("latent_width"),
        reader.Int32("hidden_width"),
        reader.Int32("solver_steps"),
        reader.Int32("context_length"));

    // Layers have more than one parameter of four bytes for each unit, so sizes beyond the tensors' are refused
    // before anything is allocated for them.
    public bool ArePlausible(long tensorBytes) =>
        LatentWidth > 0 && HiddenWidth > 0
        && (long)LatentWidth * HiddenWidth <= tensorBytes
        && (long)HiddenWidth * HiddenWidth <= tensorBytes
        && SolverSteps is >= 1 and <= 4096 && ContextLength is >= 1 and <= 65536;
}
