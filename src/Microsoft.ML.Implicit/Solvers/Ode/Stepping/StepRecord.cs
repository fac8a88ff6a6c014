namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Steps that were accepted at once: one that all rows took together, or those of several rows.</summary>
/// <param name="Clocks">Who took them, increasing: all rows, 0, or the rows.</param>
/// <param name="Steps">The step of each.</param>
/// <param name="Outputs">Outputs inside of them, those of each clock in their order.</param>
internal sealed record StepRecord(int[] Clocks, OdeStep[] Steps, StepOutput[] Outputs)
{
    /// <summary>Places of the outputs in <c>[times · clocks]</c>.</summary>
    public long[] Places(long clocks) => Array.ConvertAll(Outputs, output => (output.Output * clocks) + output.Clock);

    /// <summary>The steps of some clocks, with some of their outputs; perhaps none at all.</summary>
    public StepRecord Where(Func<int, bool> isKept, Func<StepOutput, bool> isOutputKept)
    {
        int[] kept = [.. Enumerable.Range(0, Clocks.Length).Where(i => isKept(Clocks[i]))];
        return new StepRecord([.. kept.Select(i => Clocks[i])], [.. kept.Select(i => Steps[i])], [.. Outputs.Where(output => isKept(output.Clock) && isOutputKept(output))]);
    }

    /// <summary>Places of the outputs in the steps that hold them.</summary>
    public double[] Thetas() => Array.ConvertAll(Outputs, output => output.Theta);
}
