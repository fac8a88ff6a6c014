namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Arrays of numbers with their length before them.</summary>
internal static class BinaryArrays
{
    private const double LargestMeasurement = 1e100;

    public static void Write(BinaryWriter writer, double[] values)
    {
        writer.Write(values.Length);
        foreach (double value in values)
        {
            writer.Write(value);
        }
    }

    /// <exception cref="FormatException">The length is more than the file holds.</exception>
    public static double[] ReadDoubles(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / sizeof(double))
        {
            throw new FormatException("The model file holds an array of impossible length.");
        }

        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = reader.ReadDouble();
        }

        return values;
    }

    /// <exception cref="FormatException">The length is more than the file holds, or a number is beyond all measurements.</exception>
    public static double[] ReadMeasurements(BinaryReader reader)
    {
        double[] values = ReadDoubles(reader);
        return Array.TrueForAll(values, IsMeasurement) ? values : throw new FormatException("The model file holds a number beyond all measurements.");
    }

    /// <summary>Whether a number is finite and far enough from the largest ones that what is computed from it is finite as well.</summary>
    public static bool IsMeasurement(double value) => Math.Abs(value) <= LargestMeasurement;

    /// <summary>Whether measurements can be told in a unit.</summary>
    public static bool IsUnit(double value) => value is >= 1 / LargestMeasurement and <= LargestMeasurement;

    /// <exception cref="FormatException">The array has another length.</exception>
    public static double[] ReadDoubles(BinaryReader reader, int length)
    {
        double[] values = ReadDoubles(reader);
        return values.Length == length ? values : throw new FormatException($"The file holds an array of {values.Length} numbers where {length} belong.");
    }
}
