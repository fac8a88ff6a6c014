namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A <see cref="FeatureLayout"/> in model files.</summary>
internal static class FeatureLayoutFormat
{
    public static void Write(BinaryWriter writer, FeatureLayout layout)
    {
        writer.Write(layout.Count);
        writer.Write(layout.Spheres.Count);
        foreach (SphereSlots sphere in layout.Spheres)
        {
            writer.Write(sphere.Period);
            writer.Write(sphere.Indices.Count);
            foreach (int slot in sphere.Indices)
            {
                writer.Write(slot);
            }
        }
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static FeatureLayout Read(BinaryReader reader)
    {
        int count = ReadCount(reader);
        var spheres = new SphereSlots[ReadCount(reader)];
        for (int i = 0; i < spheres.Length; i++)
        {
            double period = reader.ReadDouble();
            int[] indices = new int[ReadCount(reader)];
            for (int k = 0; k < indices.Length; k++)
            {
                indices[k] = reader.ReadInt32();
            }

            bool isPlausible = indices.Length == 1 ? period > 0 && double.IsFinite(period) : indices.Length > 1 && period == 0;
            spheres[i] = isPlausible ? new SphereSlots(indices, period) : throw new FormatException("The model file describes an impossible angle or unit vector.");
        }

        return new FeatureLayout(count, spheres);
    }

    // Each of these has at least four bytes of the file behind it, so sizes beyond its length are refused before anything is allocated.
    private static int ReadCount(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= reader.BaseStream.Length / sizeof(int) ? count : throw new FormatException("The model file describes an impossible feature vector.");
    }
}
