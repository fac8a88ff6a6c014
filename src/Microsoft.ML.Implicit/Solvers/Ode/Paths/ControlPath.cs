using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>A path X(t) that drives a differential equation dz = f(t, z) dX(t): a column of channels for each row of the batch.</summary>
/// <remarks>
/// <see cref="TimePath"/> and <see cref="NaturalCubicSpline"/> are built in. Derive from this class for one of your own; where its derivative
/// jumps, name those times in <see cref="OdeOptions.JumpTimes"/>.
/// </remarks>
/// <example>
/// A path with one channel whose frequency is learned:
/// <code>
/// sealed class Wave(Tensor frequency) : ControlPath
/// {
///     public override IReadOnlyList&lt;Tensor&gt; Inputs => [frequency];
///
///     public override Tensor Derivative(Tensor times, IReadOnlyList&lt;Tensor&gt; inputs) => (inputs[0] * (inputs[0] * times).cos()).unsqueeze(1);
/// }
/// </code>
/// </example>
public abstract class ControlPath
{
    /// <summary>Tensors that the path is made of and that gradients flow to, such as its values at some times; none by default.</summary>
    public virtual IReadOnlyList<Tensor> Inputs => [];

    /// <summary>Evaluates dX/dt by operations that autograd follows.</summary>
    /// <param name="times">Times: one for all rows, <c>[1]</c>, or one for each, <c>[batch]</c>; float64.</param>
    /// <param name="inputs">What to read in the place of <see cref="Inputs"/>: the same numbers, as variables of their own.</param>
    /// <returns><c>[1, channels]</c> where the path is the same for all rows at those times, <c>[batch, channels]</c> otherwise, of any floating-point type.</returns>
    public abstract Tensor Derivative(Tensor times, IReadOnlyList<Tensor> inputs);
}
