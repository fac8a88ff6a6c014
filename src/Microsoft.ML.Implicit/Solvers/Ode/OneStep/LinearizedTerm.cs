using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>
/// A right-hand side that autograd follows by its products with the Jacobian in closed form, whatever it is computed by. Those with the parameters' Jacobian are added to a flat gradient.
/// </summary>
/// <param name="term">Right-hand side.</param>
/// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
internal sealed class LinearizedTerm(IDifferentiableOdeTerm term, Tensor parameterGradient) : IDifferentiableOdeTerm, IDisposable
{
    private readonly List<OdeLinearization> _linearizations = [];

    /// <summary>None that autograd need follow.</summary>
    public IReadOnlyList<Tensor> Parameters => [];

    public Tensor Evaluate(double time, Tensor state)
    {
        OdeLinearization linearization = Linearize(time, state.detach());
        _linearizations.Add(linearization);
        return ImplicitSolve.Attach(new Products(linearization, parameterGradient), [state], [linearization.Value.alias()], [])[0];
    }

    public OdeLinearization Linearize(double time, Tensor state)
    {
        using IDisposable noGraph = no_grad();
        return term.LinearizeChecked(time, state);
    }

    public override string? ToString() => term.ToString();

    public void Dispose() => _linearizations.ForEach(linearization => linearization.Dispose());

    private sealed class Products(OdeLinearization linearization, Tensor parameterGradient) : IBackwardRule
    {
        public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
            [linearization.PullbackChecked(cotangents[0].contiguous(), parameterGradient)];

        public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
            throw new NotSupportedException("Products in closed form are differentiated once.");
    }
}
