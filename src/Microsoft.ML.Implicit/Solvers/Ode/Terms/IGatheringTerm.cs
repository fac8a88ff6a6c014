using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Terms;

/// <summary>A right-hand side whose pullbacks gather part of the parameters' gradients, which is cheaper to finish once for many of them.</summary>
internal interface IGatheringTerm : IDifferentiableOdeTerm
{
    /// <summary>Adds what has been gathered to the flat parameter gradient, and gathers anew.</summary>
    void FinishGradient(Tensor parameterGradient);
}
