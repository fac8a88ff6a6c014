using Microsoft.ML.Implicit.Differentiation;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Terms;

/// <summary>A right-hand side some of whose parameters were computed from others, as the coefficients of a spline are from its values.</summary>
internal interface IRebindableOdeTerm : IDifferentiableOdeTerm
{
    /// <summary>The same right-hand side with other tensors in the place of its parameters, those that are leaves of the graph excepted.</summary>
    /// <param name="parameters">One for each parameter.</param>
    IDifferentiableOdeTerm Rebind(IReadOnlyList<Tensor> parameters);

    /// <summary>
    /// A right-hand side whose parameters are variables of their own: a gradient with respect to one of them does not hold that of another
    /// which it was computed from.
    /// </summary>
    static T Separate<T>(T term)
        where T : class => term is IRebindableOdeTerm rebindable ? Bind(term, FunctionInputs.Detached(rebindable.Parameters)) : term;

    /// <summary>A right-hand side with other tensors in the place of its parameters, where it has parameters that are not leaves.</summary>
    static T Bind<T>(T term, IReadOnlyList<Tensor> parameters)
        where T : class => term is IRebindableOdeTerm rebindable ? (T)rebindable.Rebind(parameters) : term;
}
