using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>What the ends of a solve say of its rows, beside what the steps said.</summary>
internal static class RowOutcome
{
    /// <summary>Marks rows that are not finite at the end: an overflow in the last step leaves no trace in the error estimate, nor does any with fixed steps.</summary>
    /// <param name="lastState">Last state that was reached, <c>[batch, ...]</c>, contiguous.</param>
    /// <param name="status">Changed.</param>
    /// <param name="isExempt">Tells of a row whether it is NaN for another reason.</param>
    public static void MarkNotFinite(Tensor lastState, SolveStatus[] status, Func<int, bool>? isExempt = null)
    {
        bool[] notFinite = FiniteRows.FindNotFinite(lastState);
        for (int row = 0; row < status.Length; row++)
        {
            if (notFinite[row] && status[row] == SolveStatus.Converged && isExempt?.Invoke(row) != true)
            {
                status[row] = SolveStatus.Diverged;
            }
        }
    }

    /// <summary>Marks rows whose initial state was not finite, and all that was computed of them.</summary>
    /// <param name="states"><c>[times, batch, ...]</c>, changed.</param>
    /// <param name="invalidRows">Which rows.</param>
    /// <param name="status">Changed.</param>
    public static void MarkInvalid(Tensor states, bool[] invalidRows, SolveStatus[] status)
    {
        for (int row = 0; row < status.Length; row++)
        {
            if (invalidRows[row])
            {
                states.select(1, row).fill_(double.NaN.Held());
                status[row] = SolveStatus.InvalidInput;
            }
        }
    }
}
