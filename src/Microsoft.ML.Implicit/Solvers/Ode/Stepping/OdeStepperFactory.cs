using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using Microsoft.ML.Implicit.Solvers.Ode.Stages;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Chooses the stepper for a method, a term and a device.</summary>
internal static class OdeStepperFactory
{
    public static OdeStepper Create(IOdeTerm term, OdeMethod method, Tensor initialState, Tensor outputs, StateExtent extent) => method switch
    {
        ExplicitRungeKutta explicitMethod when term is IManagedOdeTerm managedTerm && managedTerm.CreateManagedDynamics(initialState) is { } dynamics =>
            new ManagedRungeKuttaStepper(dynamics, explicitMethod, initialState, outputs),
        ExplicitRungeKutta explicitMethod when term is ICudaOdeTerm cudaTerm && extent.Length == initialState.numel() && CudaRungeKuttaStepper.TryCreate(cudaTerm, explicitMethod, initialState, outputs) is { } stepper =>
            stepper,
        ExplicitRungeKutta explicitMethod => new ExplicitRungeKuttaStepper(term, explicitMethod, initialState, outputs, extent),
        DiagonallyImplicitRungeKutta implicitMethod => new ImplicitRungeKuttaStepper(term, implicitMethod, initialState, outputs, extent),
        AdamsBashforthMoulton => new AdamsBashforthMoultonStepper(term, initialState, outputs),
        OneStepMethod oneStepMethod => new OneStepStepper(term, oneStepMethod, initialState, outputs, extent),
        _ => throw new ArgumentException($"Method {method.Name} is not known.", nameof(method)),
    };

    /// <param name="term">Right-hand side.</param>
    /// <param name="options">Method and tolerances of the forward solve.</param>
    /// <param name="state">A state, <c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    public static AdjointStep CreateAdjoint(IDifferentiableOdeTerm term, OdeOptions options, Tensor state, Tensor parameterGradient) => options.Method switch
    {
        ExplicitRungeKutta method => CreateAdjoint(term, method, state, parameterGradient),
        DiagonallyImplicitRungeKutta method => new ImplicitAdjointStep(term, method, options.StepControl as AdaptiveStepControl, state, parameterGradient),
        AdamsBashforthMoulton => new AdamsBashforthMoultonAdjointStep(term, state, parameterGradient),
        OneStepMethod method => new OneStepAdjointStep(term, method, state, parameterGradient),
        _ => throw new ArgumentException($"Method {options.Method.Name} is not known.", nameof(options)),
    };

    private static AdjointStep CreateAdjoint(IDifferentiableOdeTerm term, ExplicitRungeKutta method, Tensor state, Tensor parameterGradient) => term switch
    {
        IManagedOdeTerm managedTerm when managedTerm.CreateManagedDynamics(state) is { } dynamics => new ManagedAdjointStep(dynamics, method, state, parameterGradient),
        ICudaOdeTerm cudaTerm when CudaAdjointStep.TryCreate(cudaTerm, method, state, parameterGradient) is { } step => step,
        _ => new RungeKuttaAdjointStep(term, method, state.shape, state.reshape(-1), parameterGradient),
    };
}
