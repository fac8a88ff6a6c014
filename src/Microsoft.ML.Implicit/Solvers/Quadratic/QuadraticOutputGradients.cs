using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Gradients of a loss with respect to the outputs of a quadratic program; null means zero.</summary>
internal sealed record QuadraticOutputGradients(Tensor? Z, Tensor? Lambda, Tensor? Nu, Tensor? Lower, Tensor? Upper)
{
    public IEnumerable<Tensor> Present => new[] { Z, Lambda, Nu, Lower, Upper }.OfType<Tensor>();
}
