using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>A condition at which a row stops: its function g(t, z) crosses zero.</summary>
/// <remarks>
/// g is looked at where steps end, so that two crossings inside one step go unnoticed: <see cref="AdaptiveStepControl.MaximumStep"/>
/// limits steps. Where g is not a number, as a root below zero, it has no sign. Where g only touches zero its place has no gradient, and gradients through the event are not finite.
/// A zero at the last time counts, also where rounding has moved it just behind that.
/// </remarks>
/// <param name="function">
/// g, called with times <c>[batch]</c> and state <c>[batch, ...]</c>; it returns one value a row, <c>[batch]</c>. Gradients
/// through the event need it to be made of operations that autograd follows.
/// </param>
/// <param name="direction">Which crossings count, along the travel: in a solve backward in time, a g that rises with time falls.</param>
public sealed class OdeEvent(Func<Tensor, Tensor, Tensor> function, EventDirection direction = EventDirection.Any)
{
    private readonly Func<Tensor, Tensor, Tensor> _function = function ?? throw new ArgumentNullException(nameof(function));

    /// <summary>Which crossings count.</summary>
    public EventDirection Direction { get; } = direction;

    /// <summary>Evaluates g.</summary>
    /// <param name="times"><c>[batch]</c>.</param>
    /// <param name="state"><c>[batch, ...]</c>.</param>
    /// <returns><c>[batch]</c>.</returns>
    /// <exception cref="ArgumentException">The function returned null or a tensor of another shape or type.</exception>
    public Tensor Evaluate(Tensor times, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(times);
        return TensorContract.Require(_function(times, state), times, "The event function");
    }

    /// <summary>Tells whether a change of g from one value to another is an event. A start at zero is none.</summary>
    internal bool IsCrossing(double before, double after) =>
        (before < 0 && after >= 0 && Direction != EventDirection.Falling) || (before > 0 && after <= 0 && Direction != EventDirection.Rising);
}
