using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Operations on images [rows, channels, height, width] within an ONNX file.</summary>
internal static class OnnxImage
{
    /// <summary>Adds zeros below and to the right.</summary>
    public static OnnxValue Pad(OnnxValue image, int height, int width) =>
        image.Graph.Node("Pad", [image, image.Graph.Constant([0, 0, 0, 0, 0, 0, height, width], 8)], image.Type);

    /// <summary>Correlates with a square kernel of odd size, padded with zeros so that a stride of one keeps the image's size.</summary>
    public static OnnxValue Convolve(OnnxValue image, OnnxValue kernel, long size, long stride) => Convolve(image, kernel, size, size, stride);

    /// <summary>Correlates with a kernel of odd height and width, padded likewise.</summary>
    public static OnnxValue Convolve(OnnxValue image, OnnxValue kernel, long height, long width, long stride) => image.Graph.Node(
        "Conv", [image, kernel], image.Type, OnnxAttribute.Integers("pads", height / 2, width / 2, height / 2, width / 2), OnnxAttribute.Integers("strides", stride, stride));

    /// <summary>Normalises groups of channels to mean 0 and variance 1.</summary>
    public static OnnxValue NormalizeGroups(OnnxValue image, long groups, double epsilon)
    {
        OnnxGraph graph = image.Graph;
        double[] ones = [.. Enumerable.Repeat(1.0, (int)groups)];
        OnnxValue normalized = graph.Node(
            "InstanceNormalization",
            [image.Reshape(0, groups, -1), graph.Constant(ones, image.Type, groups), graph.Constant(new double[groups], image.Type, groups)],
            image.Type,
            OnnxAttribute.Single("epsilon", (float)epsilon));
        return graph.Node("Reshape", [normalized, graph.Node("Shape", [image], OnnxType.Int64)], image.Type);
    }

    /// <summary>Means of squares of pixels.</summary>
    public static OnnxValue Pool(OnnxValue image, int factor) => image.Graph.Node(
        "AveragePool", [image], image.Type, OnnxAttribute.Integers("kernel_shape", factor, factor), OnnxAttribute.Integers("strides", factor, factor));

    /// <summary>Repeats each pixel in a square.</summary>
    /// <param name="image">The image.</param>
    /// <param name="target">The resolution that it is brought to.</param>
    /// <param name="factor">Length of the square.</param>
    public static OnnxValue Repeat(OnnxValue image, ImageScale target, int factor)
    {
        OnnxValue tiled = image.Graph.Node("Tile", [image.Unsqueeze(3).Unsqueeze(5), image.Graph.Constant([1, 1, 1, factor, 1, factor], 6)], image.Type);
        return tiled.Reshape(0, -1, target.Height, target.Width);
    }

    /// <summary>Means over a grid of cells that cover the image, adjacent ones sharing the pixels between them.</summary>
    public static OnnxValue AdaptiveMean(OnnxValue image, int height, int width, int grid) => AdaptiveMean(image, height, width, grid, grid);

    /// <inheritdoc cref="AdaptiveMean(OnnxValue, int, int, int)"/>
    public static OnnxValue AdaptiveMean(OnnxValue image, int height, int width, int rows, int columns)
    {
        OnnxValue vertical = image.Graph.Constant(CellMeans(height, rows), image.Type, rows, height);
        OnnxValue horizontal = image.Graph.Constant(CellMeans(width, columns), image.Type, columns, width);
        return vertical.MatrixProduct(image.MatrixProduct(horizontal.Transpose(1, 0)));
    }

    private static double[] CellMeans(int size, int grid)
    {
        double[] weights = new double[grid * size];
        for (int cell = 0; cell < grid; cell++)
        {
            int start = cell * size / grid;
            int end = (((cell + 1) * size) + grid - 1) / grid;
            weights.AsSpan((cell * size) + start, end - start).Fill(1.0 / (end - start));
        }

        return weights;
    }
}
