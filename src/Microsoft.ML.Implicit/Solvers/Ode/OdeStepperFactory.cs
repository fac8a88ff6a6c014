using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Chooses the stepper for a method, a term and a device.</summary>
internal static class OdeStepperFactory
{
    public static OdeStepper Create(IOdeTerm term, OdeMethod method, Tensor initialState, Tensor outputs, long normLength) => method switch
    {
        ExplicitRungeKutta explicitMethod => new ExplicitRungeKuttaStepper(term, explicitMethod, initialState, outputs, normLength),
        _ => throw new ArgumentException($"Method {method.Name} is not known.", nameof(method)),
    };
}
