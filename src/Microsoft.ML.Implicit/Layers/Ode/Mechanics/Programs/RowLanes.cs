using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>Vectors that hold one column of some rows side by side.</summary>
internal static unsafe class RowLanes
{
    /// <summary>Rows that are evaluated together.</summary>
    public const int Count = 8;

    /// <summary>Vectors of a column.</summary>
    public const int Vectors = Count / Width;

    private const int Width = 4;
    private const int Columns = 4;

    /// <summary>A vector of a column.</summary>
    public static double* At(double* values, int column, int vector = 0) => values + (column * Count) + (vector * Width);

    public static Vector256<double> Load(double* values, int column, int vector) => Vector256.Load(At(values, column, vector));

    public static void Add(double* values, int column, int vector, Vector256<double> addend)
    {
        double* place = At(values, column, vector);
        Vector256.Store(Vector256.Load(place) + addend, place);
    }

    /// <summary>y += x A.</summary>
    /// <param name="x">[inputs][lane].</param>
    /// <param name="inputs">Rows of A.</param>
    /// <param name="matrix">A.</param>
    /// <param name="inputStride">From one row of A to the next.</param>
    /// <param name="outputStride">From one column of A to the next.</param>
    /// <param name="y">[outputs][lane].</param>
    /// <param name="outputs">Columns of A.</param>
    public static void AddProduct(double* x, int inputs, double* matrix, int inputStride, int outputStride, double* y, int outputs)
    {
        int o = 0;
        for (; o + Columns <= outputs; o += Columns)
        {
            double* to = At(y, o);
            Vector256<double> a0 = Vector256.Load(to), b0 = Vector256.Load(to + Width), a1 = Vector256.Load(to + Count), b1 = Vector256.Load(to + Count + Width);
            Vector256<double> a2 = Vector256.Load(to + (2 * Count)), b2 = Vector256.Load(to + (2 * Count) + Width), a3 = Vector256.Load(to + (3 * Count)), b3 = Vector256.Load(to + (3 * Count) + Width);
            double* weight = matrix + (o * outputStride);
            for (int i = 0; i < inputs; i++, weight += inputStride)
            {
                Vector256<double> p = Vector256.Load(x + (i * Count)), q = Vector256.Load(x + (i * Count) + Width);
                Vector256<double> w = Vector256.Create(weight[0]);
                (a0, b0) = (Vector256.MultiplyAddEstimate(p, w, a0), Vector256.MultiplyAddEstimate(q, w, b0));
                w = Vector256.Create(weight[outputStride]);
                (a1, b1) = (Vector256.MultiplyAddEstimate(p, w, a1), Vector256.MultiplyAddEstimate(q, w, b1));
                w = Vector256.Create(weight[2 * outputStride]);
                (a2, b2) = (Vector256.MultiplyAddEstimate(p, w, a2), Vector256.MultiplyAddEstimate(q, w, b2));
                w = Vector256.Create(weight[3 * outputStride]);
                (a3, b3) = (Vector256.MultiplyAddEstimate(p, w, a3), Vector256.MultiplyAddEstimate(q, w, b3));
            }

            Vector256.Store(a0, to);
            Vector256.Store(b0, to + Width);
            Vector256.Store(a1, to + Count);
            Vector256.Store(b1, to + Count + Width);
            Vector256.Store(a2, to + (2 * Count));
            Vector256.Store(b2, to + (2 * Count) + Width);
            Vector256.Store(a3, to + (3 * Count));
            Vector256.Store(b3, to + (3 * Count) + Width);
        }

        for (; o < outputs; o++)
        {
            double* to = At(y, o);
            Vector256<double> a = Vector256.Load(to), b = Vector256.Load(to + Width);
            double* weight = matrix + (o * outputStride);
            for (int i = 0; i < inputs; i++, weight += inputStride)
            {
                Vector256<double> w = Vector256.Create(*weight);
                a = Vector256.MultiplyAddEstimate(Vector256.Load(x + (i * Count)), w, a);
                b = Vector256.MultiplyAddEstimate(Vector256.Load(x + (i * Count) + Width), w, b);
            }

            Vector256.Store(a, to);
            Vector256.Store(b, to + Width);
        }
    }

    /// <summary>A += xᵀ y, summed over lanes; A as <see cref="AddProduct"/> has it.</summary>
    public static void AddOuterProduct(double* x, int inputs, double* y, int outputs, double* matrix, int inputStride, int outputStride)
    {
        for (int i = 0; i < inputs; i++)
        {
            Vector256<double> p = Vector256.Load(x + (i * Count)), q = Vector256.Load(x + (i * Count) + Width);
            double* to = matrix + (i * inputStride);
            for (int o = 0; o < outputs; o++)
            {
                double* from = At(y, o);
                to[o * outputStride] += Vector256.Sum(Vector256.MultiplyAddEstimate(q, Vector256.Load(from + Width), p * Vector256.Load(from)));
            }
        }
    }

    /// <summary>The sum over the lanes of a column.</summary>
    public static double Sum(double* values, int column) => Vector256.Sum(Load(values, column, 0) + Load(values, column, 1));
}
