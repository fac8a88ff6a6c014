using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>Takes each step of a method as two halves, on the same path, and estimates the error by comparing them with the whole step.</summary>
internal sealed class HalvedSteps(SdeMethod method) : SdeMethod(method.Name)
{
    public override StochasticCalculus? Calculus => method.Calculus;

    public override bool EstimatesError => true;

    public override bool IsReversible => method.IsReversible;

    public override double? StrongOrder(StochasticEquation equation) => method.StrongOrder(equation);

    public override Tensor Begin(SdeStep interval, Tensor state) => method.Begin(interval, state);

    public override Tensor SolutionOf(Tensor state, long dimension) => method.SolutionOf(state, dimension);

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        (SdeStep first, SdeStep second) = interval.Halve();
        Tensor end = method.Advance(second, method.Advance(first, state).State).State;
        if (!interval.WantsError)
        {
            return new SdeStepResult(end);
        }

        Tensor change = end.sub(method.Advance(interval, state).State);
        return new SdeStepResult(end, method.SolutionOf(change, interval.Dimension));
    }

    public override Tensor Reverse(SdeStep interval, Tensor state)
    {
        (SdeStep first, SdeStep second) = interval.Halve();
        return method.Reverse(first, method.Reverse(second, state));
    }
}
