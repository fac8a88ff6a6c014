using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Terms;

/// <summary>Calls to right-hand sides with checks of what they return.</summary>
internal static class TermContract
{
    /// <summary>f(t, z).</summary>
    /// <exception cref="ArgumentException">The result is not like the state.</exception>
    public static Tensor EvaluateChecked(this IOdeTerm term, double time, Tensor state) => TensorContract.Require(term.Evaluate(time, state), state, term);

    /// <summary>f(t, z) and its pullback.</summary>
    /// <exception cref="ArgumentException">The value is not like the state.</exception>
    public static OdeLinearization LinearizeChecked(this IDifferentiableOdeTerm term, double time, Tensor state)
    {
        OdeLinearization linearization = term.Linearize(time, state) ?? throw new ArgumentException($"The linearization of {term} is null.");
        TensorContract.Require(linearization.Value, state, term);
        return linearization;
    }

    /// <summary>aᵀ ∂f/∂z.</summary>
    /// <exception cref="ArgumentException">The result is not like the cotangent.</exception>
    public static Tensor PullbackChecked(this OdeLinearization linearization, Tensor cotangent, Tensor? parameterGradient) =>
        TensorContract.Require(linearization.Pullback(cotangent, parameterGradient), cotangent, linearization, " from its backward pass");
}
