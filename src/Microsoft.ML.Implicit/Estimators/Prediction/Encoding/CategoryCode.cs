using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A code of numbers and of vectors that stand for categories: the vectors of one range are v = e E with indicators e, and so v W = e (E W).</summary>
/// <param name="code">A code of the numbers and indicators.</param>
/// <param name="numberCount">Number of numbers.</param>
/// <param name="tables">E of each range, row-major.</param>
/// <param name="dimensions">Length of the vectors of each range.</param>
internal sealed class CategoryCode(InputCode code, int numberCount, float[][] tables, int[] dimensions) : InputCode
{
    /// <inheritdoc/>
    public override int LeadingWidth => code.LeadingWidth;

    /// <inheritdoc/>
    public override (float[] Weight, float[] Bias) Recode(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        var weights = new List<float>(weight[..(numberCount * bias.Length)].ToArray());
        int first = numberCount;
        for (int i = 0; i < tables.Length; i++)
        {
            ReadOnlySpan<float> ofRange = weight.Slice(first * bias.Length, dimensions[i] * bias.Length);
            foreach (float[] vector in tables[i].Chunk(dimensions[i]))
            {
                weights.AddRange(Product(vector, ofRange, bias.Length));
            }

            first += dimensions[i];
        }

        return code.Recode(weights.ToArray(), bias);
    }

    private static float[] Product(float[] vector, ReadOnlySpan<float> weight, int outputs)
    {
        float[] product = new float[outputs];
        for (int i = 0; i < vector.Length; i++)
        {
            for (int j = 0; j < outputs; j++)
            {
                product[j] += vector[i] * weight[(i * outputs) + j];
            }
        }

        return product;
    }
}
