using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>u - hγ f(t, z + u) = 0, the equation of the increment u = hγk of an implicit stage; its inputs are z and the parameters of f.</summary>
/// <param name="term">f.</param>
/// <param name="time">t.</param>
/// <param name="weight">hγ.</param>
internal sealed class StageEquation(IDifferentiableOdeTerm term, double time, double weight) : IDifferentiableFunction
{
    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        IDifferentiableOdeTerm bound = IRebindableOdeTerm.Bind(term, [.. inputs.Skip(1)]);
        return z.add(bound.EvaluateChecked(time, inputs[0].Plus(z)), alpha: (-weight).Held());
    }

    public override string ToString() => $"the stage of {term}";
}
