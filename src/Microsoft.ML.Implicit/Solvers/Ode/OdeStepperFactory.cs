using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Chooses the stepper for a method, a term and a device.</summary>
internal static class OdeStepperFactory
{
    public static OdeStepper Create(IOdeTerm term, OdeMethod method, Tensor initialState, Tensor outputs, long normLength) => method switch
    {
        ExplicitRungeKutta explicitMethod when term is IManagedOdeTerm managedTerm && managedTerm.CreateManagedDynamics(initialState) is { } dynamics =>
            new ManagedRungeKuttaStepper(dynamics, explicitMethod, initialState, outputs),
        ExplicitRungeKutta explicitMethod => new ExplicitRungeKuttaStepper(term, explicitMethod, initialState, outputs, normLength),
        DiagonallyImplicitRungeKutta implicitMethod => new ImplicitRungeKuttaStepper(term, implicitMethod, initialState, outputs),
        _ => throw new ArgumentException($"Method {method.Name} is not known.", nameof(method)),
    };
}
