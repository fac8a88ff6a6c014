using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>
/// A one-step method, given by what one step computes. All else follows: step control, outputs inside steps, jumps, and gradients by
/// repeating each step under autograd.
/// </summary>
/// <example>
/// Heun's method with Euler's for an estimate of the error:
/// <code>
/// sealed class MyHeun() : OneStepMethod("MyHeun", order: 2, embeddedOrder: 1)
/// {
///     public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
///     {
///         Tensor first = term.Evaluate(time, state);
///         Tensor second = term.Evaluate(time + size, state + (size * first));
///         Tensor correction = (second - first) * (size / 2);
///         return new OneStepResult(state + (size * first) + correction, correction);
///     }
/// }
///
/// var options = new OdeOptions { Method = new MyHeun() };
/// </code>
/// </example>
public abstract class OneStepMethod : OdeMethod
{
    /// <summary>Creates a method.</summary>
    /// <param name="name">The field's name for it.</param>
    /// <param name="order">Order of convergence.</param>
    /// <param name="embeddedOrder">Order of the embedded solution that <see cref="Advance"/> estimates the error with; zero where there is none.</param>
    protected OneStepMethod(string name, int order, int embeddedOrder = 0)
        : base(name, order, embeddedOrder)
    {
    }

    /// <summary>Whether parts of the state are treated differently. The backsolve adjoint, whose state is another, refuses such a method.</summary>
    public virtual bool IsPartitioned => false;

    /// <summary>Takes one step by operations that autograd follows.</summary>
    /// <param name="term">Right-hand side f, to be evaluated at times within the step.</param>
    /// <param name="time">t, the time at the step's start.</param>
    /// <param name="size">h, its signed size.</param>
    /// <param name="state">z(t), <c>[batch, ...]</c>, not to be written to.</param>
    /// <returns>z(t + h), and an estimate of its error where the method has one.</returns>
    public abstract OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state);
}
