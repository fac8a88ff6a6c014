using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Training rows of a density as the flow sees them.</summary>
/// <param name="Features">float32 [rows, width], points of the flow's manifold.</param>
/// <param name="Context">float32 [rows, context], standardised, or <see langword="null"/>.</param>
/// <param name="Weights">float32 [rows], or <see langword="null"/> where every row counts the same.</param>
internal sealed record DensityTrainingSet(Tensor Features, Tensor? Context, Tensor? Weights)
{
    public long Count => Features.shape[0];

    public Device Device => Features.device;

    /// <summary>The rows at the given int64 indices.</summary>
    public DensityTrainingSet Select(Tensor rows) =>
        new(Features.index_select(0, rows), Context?.index_select(0, rows), Weights?.index_select(0, rows));

    public DensityTrainingSet To(Device device) => new(Features.to(device), Context?.to(device), Weights?.to(device));
}
