using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>
/// A method of integration, given by what one step computes. All else follows: step control, gradients by repeating each step under
/// autograd, and second derivatives. <see cref="SdeMethods"/> lists those built in.
/// </summary>
/// <example>
/// The midpoint method for Stratonovich equations:
/// <code>
/// sealed class StochasticMidpoint() : SdeMethod("midpoint")
/// {
///     public override StochasticCalculus? Calculus => StochasticCalculus.Stratonovich;
///
///     public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1 : 0.5;
///
///     public override SdeStepResult Advance(SdeStep interval, Tensor state)
///     {
///         double time = interval.Time + (interval.Size / 2);
///         Tensor drifted = interval.Drifted(state, interval.Drift(interval.Time, state), 0.5);
///         Tensor middle = interval.Diffused(drifted, interval.Diffusion(interval.Time, state), interval.W, 0.5);
///         return new SdeStepResult(interval.Diffused(interval.Drifted(state, interval.Drift(time, middle)), interval.Diffusion(time, middle), interval.W));
///     }
/// }
/// </code>
/// </example>
public abstract class SdeMethod
{
    /// <summary>Creates a method.</summary>
    /// <param name="name">The field's name for it.</param>
    protected SdeMethod(string name)
    {
        Name = name;
    }

    /// <summary>The field's name for the method.</summary>
    public string Name { get; }

    /// <summary>The calculus of the equations that it solves; <see langword="null"/> where it solves those of both. Additive noise is the same in both.</summary>
    public abstract StochasticCalculus? Calculus { get; }

    /// <summary>Whether <see cref="Advance"/> estimates the error; where not, adaptive steps are taken as two halves and compared.</summary>
    public virtual bool EstimatesError => false;

    /// <summary>Whether <see cref="Reverse"/> is known.</summary>
    public virtual bool IsReversible => false;

    /// <summary>Strong order of convergence.</summary>
    /// <param name="equation">The equation, of which the kind of noise is what matters.</param>
    /// <returns>The order; <see langword="null"/> where the method does not apply to such noise.</returns>
    public abstract double? StrongOrder(StochasticEquation equation);

    /// <summary>What the first step starts from.</summary>
    /// <param name="interval">The first step.</param>
    /// <param name="state">Initial state, <c>[rows, dimension]</c>.</param>
    /// <returns><c>[rows, ...]</c>: the state itself by default, or the state and what else the method carries from step to step.</returns>
    public virtual Tensor Begin(SdeStep interval, Tensor state) => state;

    /// <summary>The solution within what steps start from.</summary>
    /// <param name="state">As <see cref="Begin"/> and <see cref="Advance"/> return it.</param>
    /// <param name="dimension">Dimension of the equation's state.</param>
    /// <returns><c>[rows, dimension]</c>.</returns>
    public virtual Tensor SolutionOf(Tensor state, long dimension) => state;

    /// <summary>Takes one step by operations that autograd follows.</summary>
    /// <param name="interval">The step: its time and size, the noise on it, and the equation's drift and diffusion.</param>
    /// <param name="state">What it starts from, not to be written to.</param>
    /// <returns>What the next step starts from, and an estimate of the error where the method has one and <see cref="SdeStep.WantsError"/> is set.</returns>
    public abstract SdeStepResult Advance(SdeStep interval, Tensor state);

    /// <summary>Computes what a step started from.</summary>
    /// <param name="interval">The step.</param>
    /// <param name="state">What the step after it starts from.</param>
    /// <returns>What this one started from.</returns>
    /// <exception cref="NotSupportedException">The method is not reversible.</exception>
    public virtual Tensor Reverse(SdeStep interval, Tensor state) => throw new NotSupportedException($"{this} has no reverse.");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
